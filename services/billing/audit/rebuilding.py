"""Roll-ups rebuilt from the subscriptions, a few companies at a time."""

from sqlalchemy.orm import Session

from services.billing.charging.contributions import rebuild
from services.billing.models.charging import RecurringCost, Renewal, Subscription
from shared.contracts import billing
from shared.db.company_walk import companies_after
from shared.db.paging import MAX_BATCH, check_limit


def rebuild_rollups(
    session: Session, request: billing.books.RebuildRollups
) -> billing.books.RebuiltRollups:
    """Rebuild the roll-ups of one company, or of the next few, by their ids.

    Events about a company wait until its roll-ups are done.

    Raises:
        InvalidInput: ``bad_limit`` with ``max_limit``.
    """
    check_limit(request.limit, MAX_BATCH)
    if request.company_id is not None:
        rebuild(session, request.company_id)
        return billing.books.RebuiltRollups(count=1, last_company_id=None)
    models = (Subscription, RecurringCost, Renewal)
    after, limit = request.after_company_id, request.limit
    companies = companies_after(session, models, after, limit)
    for company_id in companies:
        rebuild(session, company_id)
    is_full = len(companies) == limit
    return billing.books.RebuiltRollups(
        count=len(companies), last_company_id=companies[-1] if is_full else None
    )
