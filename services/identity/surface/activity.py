"""The trail of what people did."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.identity.activity import appending, listing
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Activity
from shared.contracts import billing, identity, inventory
from shared.db.events import Envelope
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction, on_events

_SOURCES = (identity.CONTRACT, inventory.CONTRACT, billing.CONTRACT)
_AT_ONCE = 100


class ActivityMethods(RoomMethods, is_part=True):
    @handles(identity.activity.LIST_ACTIVITY)
    def list_activity(
        self, call: Call, request: identity.activity.ListActivity
    ) -> identity.activity.ActivityPage:
        # A person's trail spans their companies, so it is read for the system, but by
        # the principal's own user id alone.
        with self.database.system() as db:
            return listing.list_own(db, call.principal.user_id, request)

    @in_transaction(identity.activity.LIST_COMPANY_ACTIVITY)
    def list_company_activity(
        self, db: Session, _call: Call, request: identity.activity.ListCompanyActivity
    ) -> identity.activity.ActivityPage:
        return listing.list_of_company(db, request)

    @in_transaction(identity.activity.SEARCH_ACTIVITY)
    def search_activity(
        self, db: Session, _call: Call, request: identity.activity.SearchActivity
    ) -> identity.activity.ActivityPage:
        return listing.search(db, request)

    @on_events(*(each.activity for each in _SOURCES), most_at_once=_AT_ONCE)
    def process_activity(
        self, db: Session, envelopes: Sequence[Envelope[Activity]]
    ) -> None:
        appending.append(db, envelopes)
