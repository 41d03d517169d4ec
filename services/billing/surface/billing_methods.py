"""What the methods of all packages use."""

import threading
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session

from services.billing.charging.job import Charging
from services.billing.parties import companies
from services.billing.parties.sellers import Seller, Sellers
from services.billing.payments.cards import Cards
from services.billing.payments.checkout import Checkouts
from services.billing.payments.disputes import Disputes
from services.billing.top_ups.limits import Limits
from shared.rpc.call import Call
from shared.rpc.service import Service


class BillingMethods(Service, is_part=True):
    """A part of `BillingService`, which sets these."""

    charging: Charging
    _limits: Limits
    _sellers: Sellers
    _checkouts: Checkouts
    _cards: Cards
    _disputes: Disputes
    _tax_ids_waiting: threading.Event
    _documents_waiting: threading.Event

    def _seller_of(self, db: Session, company_id: UUID) -> Seller:
        return companies.seller_of(db, self._sellers, company_id)

    def _callers_seller(self, db: Session, call: Call) -> Seller:
        return self._seller_of(db, call.principal.require_company())

    def _wake_after(self, db: Session, job: threading.Event) -> None:
        """Once this is committed, and not before, there is something for the job."""

        def wake(_session: Session) -> None:
            job.set()

        event.listen(db, "after_commit", wake, once=True)
