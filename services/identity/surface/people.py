"""People's accounts and how far they are verified."""

from sqlalchemy.orm import Session

from services.identity.documents import uploads
from services.identity.people import users, verification
from services.identity.recording import record_of
from services.identity.surface.room_methods import RoomMethods
from shared.contracts import identity
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class PeopleMethods(RoomMethods, is_part=True):
    @handles(identity.people.GET_ACCOUNT)
    def get_account(
        self, call: Call, _request: identity.people.GetAccount
    ) -> identity.people.Account:
        # A person's account spans their companies, so it is read for the system, but
        # by the principal's own user id alone.
        with self.database.system() as db:
            principal = call.principal
            return users.get_account(
                db, principal.user_id, principal.company_id, call.now
            )

    @in_transaction(identity.people.CREATE_USER)
    def create_user(
        self, db: Session, call: Call, request: identity.people.CreateUser
    ) -> identity.people.User:
        user_id = self.runtime.new_id()
        keep = self._new_passwords.keep
        return users.create_user(self.change(db, call), request, user_id, keep)

    @handles(identity.people.CHANGE_ACCOUNT)
    def change_account(
        self, call: Call, request: identity.people.ChangeAccount
    ) -> identity.people.User:
        # Another name puts back what was verified, in all of their companies.
        with self.database.system() as db:
            change = self.change(db, call)
            user = users.lock_user(db, call.principal.user_id)
            step = identity.people.VerificationStep.IDENTITY_DOCUMENT
            waiting, name = uploads.lock_waiting(db, user.id, step), user.name
            changed = users.change_account(change, user, request)
            if user.name != name:
                uploads.withdraw(change, waiting, "name_changed")
            record_of(change, user)
            return changed

    @in_transaction(identity.people.SET_VERIFICATION)
    def set_verification(
        self, db: Session, call: Call, request: identity.people.SetVerification
    ) -> identity.people.Verification:
        users.get_user(db, request.user_id)
        change = self.change(db, call)
        return verification.set_personal_step(change, request)
