"""Whether the books are right, and rebuilding."""

from sqlalchemy.orm import Session

from services.billing.audit import books, rebuilding
from services.billing.surface.billing_methods import BillingMethods
from shared.contracts import billing
from shared.rpc.call import Call
from shared.rpc.service import in_transaction


class AuditMethods(BillingMethods, is_part=True):
    @in_transaction(billing.books.VERIFY_BOOKS)
    def verify_books(
        self, db: Session, _call: Call, _request: billing.books.VerifyBooks
    ) -> billing.books.Verified:
        return billing.books.Verified(differences=books.verify(db))

    @in_transaction(billing.books.REBUILD_ROLLUPS)
    def rebuild_rollups(
        self, db: Session, _call: Call, request: billing.books.RebuildRollups
    ) -> billing.books.RebuiltRollups:
        return rebuilding.rebuild_rollups(db, request)
