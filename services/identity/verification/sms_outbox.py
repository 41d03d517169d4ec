"""The outbox of text messages: each is claimed, sent between transactions, and noted.

A code that can't be entered any more is not sent. A process that dies after a message
was taken sends it again under the same key, by which gateways know it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from babel import Locale, UnknownLocaleError
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity.models.people import User
from services.identity.models.phones import PhoneCode
from services.identity.verification.phone_codes import PhoneCodes
from services.identity.verification.sms_gateways import (
    SmsGateway,
    TextMessage,
    TextNotSentError,
)
from shared.backoff import Backoff
from shared.db.database import Database
from shared.language.translation import SOURCE, gettext, use_locale
from shared.runtime import Runtime

log = structlog.get_logger()

EVERY = timedelta(seconds=2)
TAKEN_FOR = timedelta(minutes=1)
"""How long nobody else tries; after that, the process that took it has died."""
BACKOFF = Backoff.doubling(first_s=5, longest_s=60)


@dataclass(frozen=True)
class SmsOutbox:
    """Sends in the name of ``provider``; without a ``gateway``, nothing is sent.

    Browsers fill a code in on pages of the host of ``public_url`` only
    (https://wicg.github.io/sms-one-time-codes/).
    """

    database: Database
    runtime: Runtime
    codes: PhoneCodes
    gateway: SmsGateway | None
    provider: str
    public_url: str

    def send_due(self) -> None:
        """Send what is due; each message that is not taken is tried again later."""
        while self.gateway and (message := self._take()):
            failure, is_final = "", False
            try:
                self.gateway.send(message)
            except TextNotSentError as refusal:
                failure, is_final = refusal.failure, refusal.is_final
            except Exception:
                log.exception("text_message_failed", code=message.key)
                failure = "fault"
            self._note(message, failure, is_final=is_final)

    def _take(self) -> TextMessage | None:
        """Claim the next message."""
        now = self.runtime.clock.now()
        with self.database.system() as db:
            code = _next_due(db, now)
            if code is None:
                return None
            code.attempts += 1
            code.next_attempt_at = now + TAKEN_FOR
            locale = db.get_one(User, code.user_id).locale
            text = self._write(self.codes.code_of(code.id), locale)
            return TextMessage(code.number, text, str(code.id))

    def _write(self, code: str, locale: str) -> str:
        with use_locale(_parse(locale)):
            words = gettext(
                "%(code)s is your code for %(provider)s. Never share it with anyone.",
                code=code,
                provider=self.provider,
            )
        return f"{words}\n\n@{urlsplit(self.public_url).hostname} #{code}"

    def _note(self, message: TextMessage, failure: str, *, is_final: bool) -> None:
        now = self.runtime.clock.now()
        with self.database.system() as db:
            query = select(PhoneCode).where(PhoneCode.id == message.key)
            code = db.scalars(query.with_for_update()).one_or_none()
            if code is None or code.next_attempt_at is None:
                return
            code.failure, code.next_attempt_at = failure, None
            if not failure:
                code.sent_at = now
                return
            if not is_final:
                code.next_attempt_at = now + BACKOFF.pause(code.attempts)
            about = {"code": message.key, "is_final": is_final}
            log.warning("text_message_not_sent", failure=failure, **about)


def _next_due(db: Session, now: datetime) -> PhoneCode | None:
    return db.scalars(
        select(PhoneCode)
        .where(PhoneCode.next_attempt_at <= now, PhoneCode.expires_at > now)
        .order_by(PhoneCode.next_attempt_at, PhoneCode.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()


def _parse(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return SOURCE
