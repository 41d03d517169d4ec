"""What mails say: the same in text and in HTML, in the reader's language and zone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.identity.mailed_links import MailedLinks
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.notices.mails import LINK_ADDRESSES, Letter, MailWriter
from shared.contracts.identity.notices import NoticeKind
from shared.settings import read_settings
from tests.fixtures.web.catalogues import catalogue_with, translated

AT = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
PUBLIC_URL = "https://clients.example.com"
COMPANY_ID = UUID(int=2)
PROVIDER = read_settings(
    {
        "PROVIDER_NAME": "Nordlicht & Co",
        "PROVIDER_SUPPORT_EMAIL": "help@example.com",
        "PROVIDER_LOGO_URL": "/logo.svg",
        "PROVIDER_IMPRINT_URL": "https://provider.example/imprint",
    }
).provider
WRITER = MailWriter(
    PUBLIC_URL,
    PROVIDER,
    "noreply@example.com",
    MailedLinks(Ed25519PrivateKey.generate()),
)
HOSTILE = "<b>Ada</b> & {{ 7 * 7 }} %(name)s"

MONEY = {"amount": "1119.50", "currency": "EUR"}
TOP_UP = {"top_up_id": "top-up-1", "reference": "TU-1", **MONEY}
DEVICE = {"device": "Firefox on Linux", "network": "192.0.2.0"}
SERVICES = {"count": "12", "names": "web-01\nweb-02", "reason": "payment"}
HANDOVER = {"handover_id": "handover-1", "service": "hv-02", "other": HOSTILE}
BY, MEMBERS = {"by": "Ada Lovelace"}, f"/companies/{COMPANY_ID}/members"
EXAMPLES: dict[NoticeKind, tuple[dict[str, str], set[str]]] = {
    NoticeKind.NEW_DEVICE: (DEVICE, {"Firefox on Linux", "192.0.2.0", "/not-me/"}),
    NoticeKind.PASSWORD_CHANGED: ({}, {"1 Mar 2026, 23:30", "/not-me/"}),
    NoticeKind.PASSWORD_RESET_ASKED: ({}, {"/reset-password/", "23:40"}),
    NoticeKind.TWO_FACTOR_ON: ({}, {"/not-me/"}),
    NoticeKind.TWO_FACTOR_OFF: ({}, {"/account/two-factor", "/not-me/"}),
    NoticeKind.TWO_FACTOR_RESET_ASKED: (
        {"due_at": "2026-03-02T09:00:00+00:00"},
        {"2 Mar 2026, 10:00", "/not-me/"},
    ),
    NoticeKind.AUTHENTICATOR_CHANGED: ({}, {"/account/two-factor", "/not-me/"}),
    NoticeKind.RECOVERY_CODE_USED: ({"left": "9"}, {"9 codes", "/not-me/"}),
    NoticeKind.RECOVERY_CODES_RENEWED: ({}, {"/not-me/"}),
    NoticeKind.PASSKEY_ADDED: ({"passkey": HOSTILE}, {HOSTILE, "/not-me/"}),
    NoticeKind.PASSKEY_REMOVED: ({"passkey": HOSTILE}, {HOSTILE, "/not-me/"}),
    NoticeKind.EMAIL_VERIFY: ({}, {"/verify-email/", "23:40"}),
    NoticeKind.EMAIL_CONFIRM: ({}, {"/confirm-email/", "23:40"}),
    NoticeKind.EMAIL_CHANGED: (
        {"email": "new@example.com"},
        {"new@example.com", "/undo-email/", "/not-me/"},
    ),
    NoticeKind.PHONE_CHANGED: (
        {"ending": "789"},
        {"789", "/account/verification/phone", "/not-me/"},
    ),
    NoticeKind.LOGIN_LINK: (DEVICE, {"/login-link/", "23:40", "192.0.2.0"}),
    NoticeKind.SIGN_UP_LINK: ({}, {"/sign-up/", "23:40"}),
    NoticeKind.ACCOUNT_EXISTS: ({}, {"/login", "/login/forgot"}),
    NoticeKind.COMPANY_CLOSED: (
        {"closed_at": "2026-03-01T22:30:00+00:00"},
        {HOSTILE, "1 Mar 2026, 23:30", f"/companies/{COMPANY_ID}/invoices"},
    ),
    NoticeKind.DOCUMENT_ISSUED: (
        {
            "document_id": "document-1",
            "kind": "proforma",
            "number": "PF-1",
            "issued_on": "2026-03-01",
            "due_on": "2026-03-31",
            **MONEY,
        },
        {
            *("PF-1", "1,119.50 EUR", "1 Mar 2026", "31 Mar 2026"),
            f"/companies/{COMPANY_ID}/invoices/document-1",
        },
    ),
    NoticeKind.PAYMENT_FAILED: (
        TOP_UP,
        {"TU-1", "1,119.50 EUR", f"/funds/top-ups/top-up-1?company={COMPANY_ID}"},
    ),
    NoticeKind.SERVICES_SUSPENDED: (
        SERVICES,
        {"12 services", "web-01, web-02, …", f"/funds/add?company={COMPANY_ID}"},
    ),
    NoticeKind.SERVICES_RESUMED: (
        {"count": "1", "names": "web-01", "service_id": "service-1"},
        {"web-01", f"/services/service-1?company={COMPANY_ID}"},
    ),
    NoticeKind.SERVICE_OFFERED: (
        {**HANDOVER, "expires_at": "2026-03-08T09:00:00+00:00"},
        {
            *(HOSTILE, "hv-02", "8 Mar 2026, 10:00"),
            f"/companies/{COMPANY_ID}/handovers/handover-1",
        },
    ),
    NoticeKind.HANDOVER_ENDED: (
        {**HANDOVER, "state": "done", "side": "receiver", "service_id": "service-1"},
        {HOSTILE, "hv-02", f"/services/service-1?company={COMPANY_ID}"},
    ),
    NoticeKind.REFUND_DECIDED: (
        {"state": "declined", "answer": HOSTILE, **TOP_UP},
        {HOSTILE, "1,119.50 EUR", "TU-1", "/funds/top-ups/top-up-1"},
    ),
    NoticeKind.ROLE_CHANGED: ({"role": "billing"}, {"Billing", "/help/roles"}),
    NoticeKind.MEMBER_REMOVED: ({"company": HOSTILE}, {HOSTILE}),
    NoticeKind.TWO_FACTOR_REMINDER: ({"by": HOSTILE}, {HOSTILE, "/account/two-factor"}),
    NoticeKind.TWO_FACTOR_REQUIRED: ({}, {HOSTILE, "/account/two-factor"}),
    NoticeKind.OWNERSHIP_OFFERED: (BY, {HOSTILE, MEMBERS}),
    NoticeKind.OWNERSHIP_ACCEPTED: (BY, {HOSTILE, MEMBERS}),
    NoticeKind.OWNERSHIP_DECLINED: (BY, {HOSTILE, MEMBERS}),
    NoticeKind.INVITATION: (
        {"role": "viewer", "inviter": HOSTILE},
        {HOSTILE, "Viewer", "23:40", "/invitations/"},
    ),
    NoticeKind.INVITATION_ANSWERED: (
        {"role": "viewer", "state": "asks", "person": HOSTILE, "email": "n@x.example"},
        {HOSTILE, "n@x.example", "Viewer", f"/companies/{COMPANY_ID}/members"},
    ),
    NoticeKind.INVITATION_APPROVED: ({"role": "viewer"}, {HOSTILE, "Viewer"}),
    NoticeKind.CONTACT_CONFIRM: (
        {"inviter": HOSTILE},
        {HOSTILE, "23:40", "/confirm-contact/"},
    ),
    NoticeKind.VERIFICATION_DOCUMENT_APPROVED: (
        {"step": "company_document"},
        {"company document", "/account/verification"},
    ),
    NoticeKind.VERIFICATION_DOCUMENT_REJECTED: (
        {"step": "identity_document", "reason": "unreadable", "note": HOSTILE},
        {HOSTILE, "sharp photo", "/account/verification#identity_document"},
    ),
}
LINKS = {
    NoticeKind.PASSWORD_RESET_ASKED: LinkKind.RESET_PASSWORD,
    NoticeKind.EMAIL_CONFIRM: LinkKind.CONFIRM_EMAIL,
    NoticeKind.EMAIL_VERIFY: LinkKind.VERIFY_EMAIL,
    NoticeKind.EMAIL_CHANGED: LinkKind.UNDO_EMAIL,
    NoticeKind.LOGIN_LINK: LinkKind.LOG_IN,
    NoticeKind.INVITATION: LinkKind.INVITE,
    NoticeKind.CONTACT_CONFIRM: LinkKind.CONFIRM_CONTACT,
    NoticeKind.SIGN_UP_LINK: LinkKind.SIGN_UP,
}


def letter(kind: NoticeKind) -> Letter:
    parameters, facts = EXAMPLES[kind]
    return Letter(
        notice_id=UUID(int=1),
        kind=kind,
        parameters=parameters,
        created_at=AT,
        address="ada@example.com",
        name="Ada Lovelace",
        locale="en",
        time_zone="Europe/Berlin",
        company_id=COMPANY_ID,
        company=HOSTILE,
        link=link(LINKS[kind]) if kind in LINKS else None,
        not_me=link(LinkKind.NOT_ME) if "/not-me/" in facts else None,
    )


def link(kind: LinkKind) -> MailedLink:
    return MailedLink(id=UUID(int=3), kind=kind, expires_at=AT + timedelta(minutes=10))


class Reader(HTMLParser):
    """The words of a page, and the addresses of its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.links: set[str] = set()
        self._is_head = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_head = tag in {"head", "style", "title"} or (
            self._is_head and tag != "body"
        )
        if tag == "a":
            self.links.add(dict(attrs)["href"] or "")
        if tag in {"p", "td", "th", "h1"}:
            self.words += " "

    def handle_data(self, data: str) -> None:
        if not self._is_head:
            self.words += data


def parts_of(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text
    assert html
    return text.get_content(), html.get_content()


def plain(words: str) -> str:
    return " ".join(words.split())


@pytest.mark.parametrize("kind", NoticeKind)
def test_text_and_html_have_the_same_facts(kind: NoticeKind) -> None:
    text, html = parts_of(WRITER.write(letter(kind)))

    page = Reader(html)
    links = set(re.findall(r"(?:https|mailto):\S+", text))
    assert page.links == links
    assert PROVIDER.imprint_url in links
    ours = (PUBLIC_URL, "mailto:help@", PROVIDER.imprint_url)
    assert all(each.startswith(ours) for each in links)
    for words in (text, page.words):
        assert not re.search(r"\w\.[A-Z][a-z]", words), "a space between sentences"
    for fact in EXAMPLES[kind][1]:
        if fact.startswith("/"):
            assert any(fact in each for each in links), fact
        else:
            assert fact in plain(text), fact
            assert fact in plain(page.words), fact


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_subject_is_one_line_without_a_secret(kind: NoticeKind) -> None:
    written = WRITER.write(letter(kind))

    subject = str(written["Subject"])
    assert subject == plain(subject)
    assert subject
    assert not {"amount", "http", "@"}.intersection(subject.split())
    assert UUID(int=3).hex not in subject


def test_the_same_notice_has_the_same_message_id() -> None:
    one, other = (WRITER.write(letter(NoticeKind.NEW_DEVICE)) for _ in range(2))

    assert one["Message-ID"] == other["Message-ID"]
    assert one["Message-ID"] == f"<{UUID(int=1)}@clients.example.com>"
    assert one["Reply-To"] == "help@example.com"
    assert one["From"] == "Nordlicht & Co <noreply@example.com>"


def test_the_page_is_the_providers_in_light_and_dark() -> None:
    _, html = parts_of(WRITER.write(letter(NoticeKind.NEW_DEVICE)))

    assert f'src="{PUBLIC_URL}/logo.svg"' in html
    assert 'alt="Nordlicht &amp; Co"' in html
    assert "prefers-color-scheme: dark" in html
    assert re.search(r'<p style="[^"]*margin', html)
    assert "<script" not in html


def test_a_document_is_attached_under_its_name() -> None:
    invoice = letter(NoticeKind.DOCUMENT_ISSUED)
    mail = WRITER.write(replace(invoice, file_name="PF-1.pdf", pdf=b"%PDF-1.7"))

    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "PF-1.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content() == b"%PDF-1.7"


def test_a_contact_ends_it_with_one_click_and_is_led_nowhere_else() -> None:
    stop = link(LinkKind.END_CONTACT)
    mail = WRITER.write(replace(letter(NoticeKind.DOCUMENT_ISSUED), stop=stop))

    text, _ = parts_of(mail)
    (address,) = re.findall(rf"{PUBLIC_URL}/\S+", text)
    assert "/stop-documents/" in address
    assert mail["List-Unsubscribe"] == f"<{address}>"


def test_figures_are_in_the_readers_language_and_an_unknown_one_is_english() -> None:
    failed = letter(NoticeKind.PAYMENT_FAILED)
    german, _ = parts_of(WRITER.write(replace(failed, locale="de")))
    other, _ = parts_of(WRITER.write(replace(failed, locale="xx-unknown")))

    assert "1.119,50" in german
    assert "1,119.50" in other


def test_each_link_has_an_address() -> None:
    assert set(LINK_ADDRESSES) == set(LinkKind)


def test_sentences_are_in_the_readers_language(tmp_path: Path) -> None:
    german = catalogue_with("de", ("Your payment failed", "Zahlung fehlgeschlagen"))
    failed = replace(letter(NoticeKind.PAYMENT_FAILED), locale="de-AT")
    with translated(tmp_path, {"de": german}):
        mail = WRITER.write(failed)

    assert mail["Subject"] == "Zahlung fehlgeschlagen"
    assert mail["Content-Language"] == "de"
    for part in parts_of(mail):
        assert 'lang="de"' in part or "<html" not in part
