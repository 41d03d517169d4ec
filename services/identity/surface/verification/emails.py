"""Verifying one's email."""

from sqlalchemy.orm import Session

from services.identity.people import users
from services.identity.surface.room_methods import RoomMethods
from services.identity.verification import emails
from shared.contract import Nothing
from shared.contracts.identity.verification.emails import (
    ASK_TO_VERIFY_EMAIL,
    FIND_EMAIL_LINK,
    USE_EMAIL_LINK,
    VERIFY_EMAIL,
    AskToVerifyEmail,
    AwaitedEmail,
    EmailLink,
    VerifiedEmail,
    VerifyEmail,
)
from shared.errors import InvalidInput
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class EmailVerificationMethods(RoomMethods, is_part=True):
    """A person's email counts in all their companies."""

    @in_transaction(ASK_TO_VERIFY_EMAIL)
    def ask_to_verify_email(
        self, db: Session, call: Call, _request: AskToVerifyEmail
    ) -> AwaitedEmail:
        change = self.change(db, call)
        return emails.ask(change, self._limits, call.principal.user_id)

    @handles(VERIFY_EMAIL)
    def verify_email(self, call: Call, request: VerifyEmail) -> Nothing:
        with self.database.system() as db:
            change = self.change(db, call)
            user = users.lock_user(db, call.principal.user_id)
            if emails.try_code(change, self._links, self._limits, user, request.code):
                return Nothing()
        raise InvalidInput("wrong_email_code")

    @handles(FIND_EMAIL_LINK)
    def find_email_link(self, call: Call, request: EmailLink) -> VerifiedEmail:
        with self.database.system() as db:
            return emails.find(self.change(db, call), self._links, request.token)

    @handles(USE_EMAIL_LINK)
    def use_email_link(self, call: Call, request: EmailLink) -> VerifiedEmail:
        with self.database.system() as db:
            return emails.use(self.change(db, call), self._links, request.token)
