"""Exporting and erasing accounts and companies."""

from sqlalchemy.orm import Session

from services.identity.leaving import erasing, exporting
from services.identity.leaving.locks import find_and_lock
from services.identity.people import users
from services.identity.people.emails import normalise_or_empty
from services.identity.recording import record_of
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts.identity.accounts import leaving
from shared.errors import InvalidInput
from shared.rpc.activity import record_activity
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class LeavingMethods(RoomMethods, is_part=True):
    @handles(leaving.EXPORT_ACCOUNT)
    def export_account(
        self, call: Call, _request: leaving.ExportAccount
    ) -> leaving.Export:
        # What there is about a person spans their companies, so it is read for the
        # system, but by the principal's own user id alone.
        with self.database.system() as db:
            user = users.get_user(db, call.principal.user_id)
            record_of(self.change(db, call), user)
            return exporting.export(db, user)

    @handles(leaving.EXPORT_USER)
    def export_user(self, call: Call, request: leaving.ExportUser) -> leaving.Export:
        with self.database.system() as db:
            change = self.change(db, call)
            export = exporting.export(db, find_and_lock(change, request.email))
            record_activity(change, export)
            return export

    @handles(leaving.ERASE_ACCOUNT)
    def erase_account(self, call: Call, request: leaving.EraseAccount) -> Nothing:
        with self.database.system() as db:
            change = self.change(db, call)
            user = users.lock_user(db, call.principal.user_id)
            if normalise_or_empty(request.email) != user.email:
                raise InvalidInput("email_differs", parameters={"field": "email"})
            record_of(change, user)
            erasing.erase_user(change, user)
            return Nothing()

    @in_transaction(leaving.ERASE_USER)
    def erase_user(
        self, db: Session, call: Call, request: leaving.EraseUser
    ) -> leaving.Erased:
        change = self.change(db, call)
        user = find_and_lock(change, request.email)
        erasing.erase_user(change, user)
        return leaving.Erased(user_id=user.id)

    @in_transaction(leaving.ERASE_COMPANY)
    def erase_company(
        self, db: Session, call: Call, request: leaving.EraseCompany
    ) -> Nothing:
        erasing.erase_company(self.change(db, call), request.company_id)
        return Nothing()
