"""Quotes of top-ups: what an amount costs, and whether it is allowed."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, partial

from msgspec import structs
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from services.billing.gateways.gateway import Gateway
from services.billing.models.ledger import Wallet
from services.billing.models.payments import PAID, Payment
from services.billing.models.top_ups import OPEN, TopUp
from services.billing.parties.sellers import Seller
from services.billing.tax.calculation import Taxed, apply
from services.billing.tax.profiles import decide_for
from services.billing.top_ups import rules as top_up_rules
from services.billing.top_ups.allowances import bounds_of
from services.billing.top_ups.duplicates import WINDOW
from services.billing.top_ups.limits import Limits
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName, PaymentState
from shared.contracts.billing.tax import TaxReason
from shared.contracts.billing.top_ups import TopUpState
from shared.errors import InvalidInput, NotFound
from shared.money import Money, currency_of, fits_ledger, round_to_minor_unit, zero
from shared.rpc.call import Call
from shared.wire import to_json


@dataclass(frozen=True)
class Terms:
    """What a company is offered, and who sells it: gateways are in their order."""

    limits: Limits
    seller: Seller
    gateways: Mapping[GatewayName, Gateway]


@dataclass(frozen=True)
class _Cost:
    """What a net amount costs, and by which rule."""

    reason: TaxReason
    taxed: Taxed


def quote(
    session: Session, terms: Terms, call: Call, net: Money
) -> billing.top_ups.TopUpQuote:
    """Work out what a top-up of ``net`` costs and does; the session is the company's.

    Raises:
        NotFound: ``no_such_wallet`` with ``currency``.
        InvalidInput: ``bad_amount``.
    """
    wallet = session.scalars(
        select(Wallet).where(Wallet.currency == net.currency.code)
    ).one_or_none()
    if wallet is None:
        parameters = {"currency": net.currency.code}
        raise NotFound("no_such_wallet", parameters=parameters)
    return quote_for(session, terms, call, wallet, net)


def quote_for(
    session: Session, terms: Terms, call: Call, wallet: Wallet, net: Money
) -> billing.top_ups.TopUpQuote:
    """Like `quote`, of a wallet that was read before.

    Raises:
        InvalidInput: ``bad_amount``.
    """
    if not (top_up_rules.fits_payment(net) and fits_ledger(net)):
        raise InvalidInput("bad_amount")
    about = _circumstances(session, terms.limits, wallet, call.now)
    decision = decide_for(session, terms.seller, wallet.company_id, call.now)
    cost = _Cost(decision.reason, apply(decision, net))
    quoted = _quote(wallet, cost, about, terms.gateways)
    repeats = _repeated(session, wallet, quoted.gross, call.now)
    return structs.replace(quoted, repeats=repeats)


def _circumstances(
    session: Session, limits: Limits, wallet: Wallet, now: datetime
) -> top_up_rules.Circumstances:
    rows = session.execute(
        select(TopUp.currency, func.sum(TopUp.net))
        .where(TopUp.company_id == wallet.company_id, TopUp.state.in_(OPEN))
        .group_by(TopUp.currency)
    )
    still_open = {currency: net for currency, net in rows}  # noqa: C416
    nothing = zero(wallet.currency).amount
    open_net = still_open.pop(wallet.currency, nothing)
    shares = _Shares(session, limits, wallet)
    return top_up_rules.Circumstances(
        limits=shares.bounds,
        balance=wallet.balance,
        open_net=open_net,
        open_elsewhere=sum((shares.of(*each) for each in still_open.items()), nothing),
        counted=_counted(session, shares, now),
    )


class _Shares:
    """What amounts in a company's currencies take of the limit of one of its wallets.

    The limit within 24 hours is the company's, and its currencies are not converted: so
    half of the limit in one of them leaves half in each. One without a limit, as an
    operator may set it, takes nothing of the others.
    """

    def __init__(self, session: Session, limits: Limits, wallet: Wallet) -> None:
        self.wallet = wallet
        self._bounds = cache(partial(bounds_of, session, limits, wallet.company_id))

    @property
    def bounds(self) -> top_up_rules.Bounds:
        return self._bounds(self.wallet.currency)

    def of(self, currency: str, net: Decimal) -> Decimal:
        if currency == self.wallet.currency:
            return net
        here, there = self.bounds.per_day, self._bounds(currency).per_day
        if here is None or not there:
            return Decimal(0)
        share = Money(net * here / there, currency_of(self.wallet.currency))
        return round_to_minor_unit(share).amount


def _counted(
    session: Session, shares: _Shares, now: datetime
) -> list[top_up_rules.Counted]:
    """The company's payments within the last 24 hours, oldest first."""
    rows = session.execute(
        select(Payment.settled_at, TopUp.currency, Payment.net)
        .join(TopUp, TopUp.id == Payment.top_up_id)
        .where(
            TopUp.company_id == shares.wallet.company_id,
            Payment.state.in_(PAID),
            Payment.settled_at > now - top_up_rules.WINDOW,
        )
        .order_by(Payment.settled_at)
    )
    return [
        top_up_rules.Counted(paid_at, shares.of(currency, net))
        for paid_at, currency, net in rows
        if paid_at
    ]


def _repeated(
    session: Session, wallet: Wallet, gross: Money, now: datetime
) -> billing.top_ups.EarlierTopUp | None:
    """An equal top-up that can still be paid, or was paid within the window.

    A payment can be marked for no other one, but for money that comes for an ended one.
    """
    just_paid = select(Payment.top_up_id).where(
        Payment.company_id == wallet.company_id,
        Payment.state == PaymentState.SUCCEEDED,
        Payment.settled_at >= now - WINDOW,
    )
    kept = TopUp.state != TopUpState.REFUNDED
    equal = select(TopUp).where(
        TopUp.company_id == wallet.company_id,
        TopUp.wallet_id == wallet.id,
        TopUp.gross == gross.amount,
        or_(TopUp.state.in_(OPEN), and_(TopUp.id.in_(just_paid), kept)),
    )
    newest = TopUp.created_at.desc()
    row = session.scalar(equal.order_by(newest, TopUp.id).limit(1))
    if row is None:
        return None
    return billing.top_ups.EarlierTopUp(
        id=row.id, reference=row.reference, state=row.state, created_at=row.created_at
    )


def _quote(
    wallet: Wallet,
    cost: _Cost,
    about: top_up_rules.Circumstances,
    gateways: Collection[GatewayName],
) -> billing.top_ups.TopUpQuote:
    taxed = cost.taxed
    net = taxed.net

    def money(amount: Decimal) -> Money:
        return Money(amount, net.currency)

    limits, left = about.limits, about.day_left
    problems = list(top_up_rules.problems(net, about))
    if not gateways:
        problems.append(billing.top_ups.Problem(code="no_gateway", parameters={}))
    return billing.top_ups.TopUpQuote(
        net=net,
        tax_lines=taxed.lines,
        tax_reason=cost.reason,
        tax=taxed.tax,
        gross=taxed.gross,
        balance=money(wallet.balance),
        minimum=money(limits.minimum),
        maximum=money(limits.maximum),
        max_balance=money(limits.max_balance),
        day_limit=None if limits.per_day is None else money(limits.per_day),
        day_left=None if left is None else money(left),
        lifted_by=limits.lifted_by,
        lifted_to=None if limits.lifted_to is None else money(limits.lifted_to),
        balance_lifted_by=limits.balance_lifted_by,
        open_net=money(about.open_net),
        next_room=top_up_rules.next_room(net, about),
        largest=top_up_rules.largest(net, about),
        instead=top_up_rules.instead(net, about),
        problems=problems,
        split=top_up_rules.split(net, about),
        gateways=list(gateways),
        digest=_digest(cost),
    )


def _digest(cost: _Cost) -> str:
    """What is charged and why. Not the balance: an hourly charge changes it."""
    named = (cost.taxed.net, cost.taxed.lines, cost.reason, cost.taxed.gross)
    return hashlib.sha256(b"\n".join(map(to_json, named))).hexdigest()
