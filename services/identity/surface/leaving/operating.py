"""Users and companies for operators: lists, records, locks."""

from sqlalchemy.orm import Session

from services.identity.leaving import locks, records
from services.identity.people import users, verification
from services.identity.surface.room_methods import RoomMethods
from shared.contracts import identity
from shared.contracts.identity.accounts import operating
from shared.rpc.call import Call
from shared.rpc.service import in_transaction


class OperatingMethods(RoomMethods, is_part=True):
    @in_transaction(operating.LIST_USERS)
    def list_users(
        self, db: Session, _call: Call, request: operating.ListUsers
    ) -> operating.ListedUsers:
        return records.list_users(db, request)

    @in_transaction(operating.SHOW_USER)
    def show_user(
        self, db: Session, call: Call, request: operating.ShowUser
    ) -> operating.UserRecord:
        return records.show_user(db, request.email, call)

    @in_transaction(operating.LOCK_USER)
    def lock_user(
        self, db: Session, call: Call, request: operating.LockUser
    ) -> identity.people.User:
        user = locks.lock_user(self.change(db, call), request)
        return users.view(user, is_verified=verification.is_verified(db, user.id))

    @in_transaction(operating.UNLOCK_USER)
    def unlock_user(
        self, db: Session, call: Call, request: operating.UnlockUser
    ) -> identity.people.User:
        user = locks.unlock_user(self.change(db, call), request.email)
        return users.view(user, is_verified=verification.is_verified(db, user.id))

    @in_transaction(operating.LOCK_COMPANY)
    def lock_company(
        self, db: Session, call: Call, request: operating.LockCompany
    ) -> identity.companies.Company:
        return locks.lock_company(self.change(db, call), request)

    @in_transaction(operating.UNLOCK_COMPANY)
    def unlock_company(
        self, db: Session, call: Call, request: operating.UnlockCompany
    ) -> identity.companies.Company:
        return locks.unlock_company(self.change(db, call), request)
