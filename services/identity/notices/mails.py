"""Mails: one template per kind makes both the text and the page of a mail.

Links lead to ``PUBLIC_URL`` only. Nothing secret is in a subject.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime as format_mail_date
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from services.identity.mailed_links import MailedLinks
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.notices.medium import HTML, TEXT
from shared.contracts.identity.notices import NoticeKind
from shared.language.document_reasons import document_reason
from shared.language.formatting import format_datetime, format_day, format_money
from shared.language.translation import current_language, use_locale
from shared.money import Money, currency_of
from shared.settings import Provider

LINK_ADDRESSES: Mapping[LinkKind, str] = {
    LinkKind.RESET_PASSWORD: "reset-password",
    LinkKind.CONFIRM_EMAIL: "confirm-email",
    LinkKind.UNDO_EMAIL: "undo-email",
    LinkKind.NOT_ME: "not-me",
    LinkKind.LOG_IN: "login-link",
    LinkKind.VERIFY_EMAIL: "verify-email",
    LinkKind.INVITE: "invitations",
    LinkKind.CONFIRM_CONTACT: "confirm-contact",
    LinkKind.END_CONTACT: "stop-documents",
    LinkKind.SIGN_UP: "sign-up",
}

_FALLBACK = Locale("en")


@dataclass(frozen=True)
class Letter:
    """What a mail says and to whom; ``pdf`` is attached under ``file_name``.

    ``stop`` ends such mails; only somebody without an account has that link.
    """

    notice_id: UUID
    kind: NoticeKind
    parameters: Mapping[str, str]
    created_at: datetime
    address: str
    name: str
    locale: str
    time_zone: str
    company_id: UUID | None = None
    company: str = ""
    link: MailedLink | None = None
    not_me: MailedLink | None = None
    stop: MailedLink | None = None
    file_name: str = ""
    pdf: bytes = b""


@dataclass(frozen=True)
class MailWriter:
    """Writes for ``provider``, from the address ``sender``."""

    public_url: str
    provider: Provider
    sender: str
    links: MailedLinks

    def write(self, letter: Letter) -> EmailMessage:
        """Write a mail: the same one each time, with the same Message-ID."""
        locale = _parse(letter.locale)
        with use_locale(locale):
            values = self._values(letter, locale)
            mail = EmailMessage(policy=SMTP)
            mail["Subject"] = TEXT.subject(letter.kind, values)
            self._address(mail, letter)
            mail.set_content(TEXT.render(letter.kind, values))
            mail.add_alternative(HTML.render(letter.kind, values), subtype="html")
            language = values["language"]
        if letter.pdf:
            mail.add_attachment(
                letter.pdf,
                maintype="application",
                subtype="pdf",
                filename=letter.file_name,
            )
        # Last: what is added to a mail takes such headers with it.
        mail["Content-Language"] = language
        return mail

    def _address(self, mail: EmailMessage, letter: Letter) -> None:
        hostname = urlsplit(self.public_url).hostname
        mail["From"] = Address(self.provider.name, addr_spec=self.sender)
        mail["To"] = letter.address
        if self.provider.support_email:
            mail["Reply-To"] = self.provider.support_email
        mail["Date"] = format_mail_date(letter.created_at)
        mail["Message-ID"] = f"<{letter.notice_id}@{hostname}>"
        mail["Auto-Submitted"] = "auto-generated"
        if letter.stop:
            # RFC 8058: a program sends a POST there, without opening a page.
            mail["List-Unsubscribe"] = f"<{self._link(letter.stop)}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"

    def _values(self, letter: Letter, locale: Locale) -> dict[str, Any]:
        zone = ZoneInfo(letter.time_zone)
        parameters = defaultdict(str, letter.parameters)
        link = letter.link
        return {
            "p": parameters,
            "at": format_datetime(letter.created_at, zone, locale),
            "until": format_datetime(link.expires_at, zone, locale) if link else "",
            "name": letter.name,
            "company": letter.company,
            "company_id": letter.company_id,
            "names": _names(parameters),
            "link": self._link(link),
            "code": self.links.code(link) if link else "",
            "not_me": self._link(letter.not_me),
            "stop": self._link(letter.stop),
            "has_file": bool(letter.pdf),
            "page": self._page,
            "money": _money_writer(locale),
            "day": _day_writer(locale),
            "moment": lambda at: (
                at and format_datetime(datetime.fromisoformat(at), zone, locale)
            ),
            "document_reason": document_reason,
            "provider": self.provider,
            "logo_url": self.provider.logo_url and self._page(self.provider.logo_url),
            "support": self.provider.support_address(),
            "language": str(current_language()).replace("_", "-"),
        }

    def _page(self, path: str) -> str:
        return urljoin(f"{self.public_url}/", path)

    def _link(self, link: MailedLink | None) -> str:
        if link is None:
            return ""
        token = self.links.token(link.kind, link.id)
        return self._page(f"/{LINK_ADDRESSES[link.kind]}/{token}")


def _parse(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return _FALLBACK


def _names(parameters: Mapping[str, str]) -> str:
    """Return the names of services, and that there are more."""
    names = parameters["names"].splitlines()
    if int(parameters["count"] or 0) > len(names):
        names.append("…")
    return ", ".join(names)


def _money_writer(locale: Locale) -> Callable[[str, str], str]:
    def write(amount: str, currency: str) -> str:
        if not amount:
            return ""
        return format_money(Money(Decimal(amount), currency_of(currency)), locale).text

    return write


def _day_writer(locale: Locale) -> Callable[[str], str]:
    def write(day: str) -> str:
        return format_day(date.fromisoformat(day), locale) if day else ""

    return write
