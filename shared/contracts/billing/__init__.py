"""What billing offers: wallets, the ledger, recurring costs, recommendations."""

from shared.contract import ServiceContract
from shared.contracts.billing import (
    announcements,
    books,
    cards,
    charging,
    dashboard,
    documents,
    exchange_rates,
    handovers,
    last_refunds,
    limits,
    payments,
    refund_requests,
    settlement,
    tax,
    top_ups,
    transactions,
    wallets,
)
from shared.contracts.billing.name import NAME

CONTRACT = ServiceContract(
    name=NAME,
    methods=(
        *dashboard.METHODS,
        *wallets.METHODS,
        *books.METHODS,
        *top_ups.METHODS,
        *limits.METHODS,
        *settlement.METHODS,
        *payments.METHODS,
        *refund_requests.METHODS,
        *last_refunds.METHODS,
        *cards.METHODS,
        *transactions.METHODS,
        *charging.METHODS,
        *handovers.METHODS,
        *documents.METHODS,
        *exchange_rates.METHODS,
        *tax.METHODS,
    ),
    events=(
        *wallets.EVENTS,
        *charging.EVENTS,
        *handovers.EVENTS,
        *documents.EVENTS,
        *tax.EVENTS,
        *top_ups.EVENTS,
        *announcements.EVENTS,
    ),
)
