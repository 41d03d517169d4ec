"""The quote of a top-up as its customer sees it: with what the money does."""

from msgspec import structs
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.forecast import dashboard
from services.billing.forecast.settlement import foresee
from services.billing.models.ledger import Wallet
from services.billing.top_ups import quotes
from services.billing.top_ups.quotes import Terms
from shared.contracts.billing.top_ups import (
    AmountReason,
    ShownQuote,
    SuggestedAmount,
    TopUpQuote,
)
from shared.money import Money
from shared.rpc.call import Call


def show(session: Session, terms: Terms, call: Call, net: Money) -> ShownQuote:
    """Work out what a top-up costs and does; the session is the company's.

    Raises:
        NotFound, InvalidInput: as `services.billing.top_ups.quotes.quote`.
    """
    quoted = quotes.quote(session, terms, call, net)
    wallet = session.scalars(
        select(Wallet).where(Wallet.currency == net.currency.code)
    ).one()
    foreseen = foresee(session, wallet, net.amount, call.now)
    recommended = next(
        each.recommendation.amount
        for each in dashboard.show(session, terms.limits, call.now, None).wallets
        if each.currency == wallet.currency
    )
    return ShownQuote(
        **structs.asdict(quoted),
        credit_limit=Money(wallet.credit_limit, net.currency),
        settlement=foreseen.settlement,
        suggested=_suggest(quoted, foreseen.missing_now, recommended),
    )


def _suggest(
    quoted: TopUpQuote, missing: Money, recommended: Money
) -> list[SuggestedAmount]:
    """Amounts to choose from; of equal ones, the one with the better reason."""
    reasons: dict[Money, AmountReason] = {quoted.minimum: AmountReason.MINIMUM}
    if quoted.largest is not None:
        reasons[quoted.largest] = AmountReason.LARGEST
    if missing.amount > 0:
        reasons[max(missing, quoted.minimum)] = AmountReason.PAYS_DEBTS
    if recommended.amount > 0:
        reasons[recommended] = AmountReason.RECOMMENDED
    most = quoted.largest
    return [
        SuggestedAmount(net=net, reason=reason, is_allowed=bool(most and net <= most))
        for net, reason in sorted(reasons.items())
    ]
