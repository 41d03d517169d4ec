"""Changing one's email."""

from sqlalchemy.orm import Session

from services.identity.credentials import email_changes
from services.identity.surface.room_methods import RoomMethods
from shared.contracts.identity.email_changes import (
    CHANGE_EMAIL,
    CONFIRM_EMAIL,
    FIND_UNDO_EMAIL,
    UNDO_EMAIL,
    ChangeEmail,
    ConfirmEmail,
    EmailChangeAsked,
    EmailInUse,
    FindUndoEmail,
    UndoableEmail,
    UndoEmail,
)
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class EmailMethods(RoomMethods, is_part=True):
    @in_transaction(CHANGE_EMAIL)
    def change_email(
        self, db: Session, call: Call, request: ChangeEmail
    ) -> EmailChangeAsked:
        change, user_id = self.change(db, call), call.principal.user_id
        return email_changes.ask_for_change(
            change, self._limits, user_id, request.email
        )

    @handles(CONFIRM_EMAIL)
    def confirm_email(self, call: Call, request: ConfirmEmail) -> EmailInUse:
        # It verifies the email, which may lift the limits of all of their companies.
        with self.database.system() as db:
            change, user_id = self.change(db, call), call.principal.user_id
            return email_changes.confirm_change(
                change, self._links, user_id, request.token
            )

    @handles(FIND_UNDO_EMAIL)
    def find_undo_email(self, call: Call, request: FindUndoEmail) -> UndoableEmail:
        with self.database.system() as db:
            return email_changes.find_undo(db, self._links, request.token, call.now)

    @handles(UNDO_EMAIL)
    def undo_email(self, call: Call, request: UndoEmail) -> EmailInUse:
        with self.database.system() as db:
            change = self.change(db, call)
            return email_changes.undo_change(change, self._links, request.token)
