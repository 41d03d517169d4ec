"""Closing companies."""

from sqlalchemy.orm import Session

from services.identity.leaving import closing
from services.identity.surface.room_methods import RoomMethods
from shared.contracts import identity
from shared.contracts.identity.accounts.closing import CLOSE_COMPANY, CloseCompany
from shared.rpc.call import Call
from shared.rpc.service import in_transaction


class ClosingMethods(RoomMethods, is_part=True):
    @in_transaction(CLOSE_COMPANY)
    def close_company(
        self, db: Session, call: Call, request: CloseCompany
    ) -> identity.companies.Company:
        return closing.close_company(self.change(db, call), request)
