"""Top-ups: quoted, begun as quoted, cancelled, ended when nobody pays.

Who changes a top-up locks its row first and then, to post, its wallet.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import structs
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from services.billing.base.changes import Change
from services.billing.ledger.wallets import lock_wallet
from services.billing.models.charging import RecurringCost, Standing
from services.billing.models.ledger import Wallet
from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from services.billing.parties.companies import may_buy_from
from services.billing.parties.sellers import Seller
from services.billing.tax.profiles import decide_for
from services.billing.tax.rules import Taxed, apply
from services.billing.top_ups import rules as top_up_rules
from services.billing.top_ups.document_orders import Wanted, order
from services.billing.top_ups.duplicates import WINDOW
from services.billing.top_ups.limits import Limits
from services.billing.top_ups.references import new_reference
from services.billing.top_ups.views import PAID, payments_of, view
from shared.contracts.billing import top_ups as contract
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.tax import TaxReason
from shared.contracts.billing.top_ups import GatewayName, PaymentState, TopUpState
from shared.db import events
from shared.errors import Conflict, InvalidInput, NotFound
from shared.money import Money, currency_of, fits_ledger, zero
from shared.rpc.service import Call
from shared.wire import to_json, to_wire

# Tuples, as they stand in queries: a set's order is another in each process.
OPEN = (TopUpState.DRAFT, TopUpState.PENDING)
"""Nobody has paid yet, and somebody may."""

MOST_OPEN = 20
"""As many are listed."""

LASTS = timedelta(hours=24)
"""How long a top-up waits for its payment."""
LASTS_BY_BANK = timedelta(days=30)


@dataclass(frozen=True)
class Terms:
    """What a company is offered, and who sells it: gateways are in their order."""

    limits: Limits
    seller: Seller
    gateways: Sequence[GatewayName]


@dataclass(frozen=True)
class _Cost:
    """What a net amount costs, and by which rule."""

    reason: TaxReason
    taxed: Taxed


def quote(
    session: Session, terms: Terms, call: Call, net: Money
) -> contract.TopUpQuote:
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
    if not (top_up_rules.fits_payment(net) and fits_ledger(net)):
        raise InvalidInput("bad_amount")
    about = _circumstances(session, terms.limits, wallet, call)
    decision = decide_for(session, terms.seller, wallet.company_id, call.now)
    cost = _Cost(decision.reason, apply(decision, net))
    quoted = _quote(wallet, cost, about, _waiting(session, wallet), terms.gateways)
    repeats = _repeated(session, wallet, quoted.gross, call.now)
    return structs.replace(quoted, repeats=repeats)


def begin(change: Change, terms: Terms, request: contract.BeginTopUp) -> TopUp:
    """Make a draft of what the customer was quoted; nothing is sent anywhere yet.

    The first one decides whom the company buys from, whatever changes later.

    Raises:
        Conflict: ``quote_changed``, or a problem's code.
        NotFound, InvalidInput: as `quote`.
    """
    company_id = change.call.principal.require_company()
    if not may_buy_from(change.db, company_id, terms.seller):
        raise Conflict("quote_changed")
    wallet = lock_wallet(change.db, company_id, request.net.currency.code)
    quoted = quote(change.db, terms, change.call, request.net)
    if quoted.problems:
        problem = quoted.problems[0]
        raise Conflict(problem.code, parameters=problem.parameters)
    if quoted.digest != request.digest:
        raise Conflict("quote_changed")
    if request.gateway not in terms.gateways:
        raise Conflict("no_gateway", request.gateway.value)
    top_up = _draft(change, wallet, quoted, request.gateway)
    top_up.seller = terms.seller.key
    top_up.is_intended = request.is_intended
    change.db.add(top_up)
    change.db.flush()
    if request.gateway is GatewayName.BANK_TRANSFER:
        # Whoever transfers by hand may need a paper that asks for it.
        asked = Wanted(DocumentKind.PROFORMA, top_up.net, top_up.tax)
        order(change, top_up, asked)
    return top_up


def list_open(session: Session) -> contract.OpenTopUps:
    """The company's top-ups that can still be paid or cancelled."""
    newest = TopUp.created_at.desc()
    query = select(TopUp).where(TopUp.state.in_(OPEN)).order_by(newest, TopUp.id)
    rows = session.scalars(query.limit(MOST_OPEN))
    return contract.OpenTopUps(
        top_ups=[
            contract.OpenTopUp(
                id=row.id,
                reference=row.reference,
                gross=Money(row.gross, currency_of(row.currency)),
                created_at=row.created_at,
            )
            for row in rows
        ]
    )


def cancel(change: Change, top_up_id: UUID) -> TopUp:
    """End a top-up that nobody has paid; money that comes all the same is booked.

    Raises:
        NotFound: ``no_such_top_up``.
        Conflict: ``top_up_ended`` with ``state``.
    """
    top_up = lock_top_up(change.db, top_up_id)
    require_open(top_up)
    _end(change, top_up, TopUpState.CANCELLED)
    return top_up


def expire(change: Change, limit: int = 100) -> int:
    """End top-ups whose time to be paid is over; returns how many."""
    over = change.db.scalars(
        select(TopUp)
        .where(TopUp.state.in_(OPEN), TopUp.expires_at <= change.call.now)
        .order_by(TopUp.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for top_up in over:
        _end(change, top_up, TopUpState.EXPIRED)
    return len(over)


def lock_top_up(session: Session, top_up_id: UUID) -> TopUp:
    """Read a top-up and keep others from changing it until the commit.

    Raises:
        NotFound: ``no_such_top_up``.
    """
    top_up = session.scalars(
        select(TopUp)
        .where(TopUp.id == top_up_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if top_up is None:
        raise NotFound("no_such_top_up")
    return top_up


def require_open(top_up: TopUp) -> None:
    """Raise Conflict ``top_up_ended`` with ``state`` unless it may still be paid."""
    if top_up.state not in OPEN:
        state = top_up.state.value
        raise Conflict("top_up_ended", state, {"state": state})


def get(session: Session, top_up_id: UUID) -> TopUp:
    """One top-up of the session's company.

    Raises:
        NotFound: ``no_such_top_up``.
    """
    top_up = session.scalars(select(TopUp).where(TopUp.id == top_up_id)).one_or_none()
    if top_up is None:
        raise NotFound("no_such_top_up")
    return top_up


def move(change: Change, top_up: TopUp, state: TopUpState) -> None:
    """Bring a locked top-up into a state, and tell of it.

    Also for what leaves the state as it is: another payment, another part refunded.
    """
    top_up.state = state
    top_up.version += 1
    if state not in OPEN and top_up.settled_at is None:
        top_up.settled_at = change.call.now
    change.db.flush()
    events.record(
        change.db,
        change.runtime,
        contract.TOP_UP_SETTLED,
        view(change.db, top_up),
        company_id=top_up.company_id,
        version=top_up.version,
        request_id=change.call.request_id,
    )


def _end(change: Change, top_up: TopUp, state: TopUpState) -> None:
    for payment in payments_of(change.db, top_up):
        if payment.state in {PaymentState.CREATED, PaymentState.PENDING}:
            # Where a card was declined and no other one tried, that is how it ended.
            failed = payment.failure is not None
            payment.state = PaymentState.FAILED if failed else PaymentState.CANCELLED
            # Its gateway's page may be open still, and somebody may pay there.
            payment.ask_at = change.call.now if payment.checkout else None
    move(change, top_up, state)


def _circumstances(
    session: Session, limits: Limits, wallet: Wallet, call: Call
) -> top_up_rules.Circumstances:
    open_net = session.scalar(
        select(func.coalesce(func.sum(TopUp.net), 0)).where(
            TopUp.wallet_id == wallet.id, TopUp.state.in_(OPEN)
        )
    )
    since = call.now - top_up_rules.UNVERIFIED_WINDOW
    paid_net = session.scalar(
        select(func.coalesce(func.sum(Payment.net), 0))
        .join(TopUp, TopUp.id == Payment.top_up_id)
        .where(
            TopUp.wallet_id == wallet.id,
            Payment.state.in_(PAID),
            Payment.settled_at > since,
        )
    )
    return top_up_rules.Circumstances(
        limits=limits.of(wallet.currency),
        balance=wallet.balance,
        open_net=open_net or zero(wallet.currency).amount,
        paid_net=paid_net or zero(wallet.currency).amount,
        is_verified=call.principal.is_verified,
    )


def _waiting(session: Session, wallet: Wallet) -> Decimal:
    """What services wait for that could not be paid from a wallet."""
    unpaid = (Standing.OVERDUE, Standing.OWED, Standing.ARREARS)
    amount = func.coalesce(func.sum(RecurringCost.amount), 0)
    total = session.scalar(
        select(amount).where(
            RecurringCost.company_id == wallet.company_id,
            RecurringCost.currency == wallet.currency,
            RecurringCost.standing.in_(unpaid),
        )
    )
    return total or zero(wallet.currency).amount


def _repeated(
    session: Session, wallet: Wallet, gross: Money, now: datetime
) -> contract.EarlierTopUp | None:
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
    return contract.EarlierTopUp(
        id=row.id, reference=row.reference, state=row.state, created_at=row.created_at
    )


def _quote(
    wallet: Wallet,
    cost: _Cost,
    about: top_up_rules.Circumstances,
    waiting: Decimal,
    gateways: Sequence[GatewayName],
) -> contract.TopUpQuote:
    taxed = cost.taxed
    net = taxed.net

    def money(amount: Decimal) -> Money:
        return Money(amount, net.currency)

    left = about.unverified_left
    problems = list(top_up_rules.problems(net, about))
    if not gateways:
        problems.append(contract.Problem(code="no_gateway", parameters={}))
    return contract.TopUpQuote(
        net=net,
        tax_lines=taxed.lines,
        tax_reason=cost.reason,
        tax=taxed.tax,
        gross=taxed.gross,
        balance=money(wallet.balance),
        balance_after=money(wallet.balance + net.amount),
        minimum=money(about.limits.minimum),
        maximum=money(about.limits.maximum),
        max_balance=money(about.limits.max_balance),
        unverified_left=None if left is None else money(left),
        largest=top_up_rules.largest(net, about),
        waiting=money(waiting),
        problems=problems,
        split=top_up_rules.split(net, about),
        gateways=list(gateways),
        digest=_digest(cost),
    )


def _digest(cost: _Cost) -> str:
    """What is charged and why. Not the balance: an hourly charge changes it."""
    told = (cost.taxed.net, cost.taxed.lines, cost.reason, cost.taxed.gross)
    return hashlib.sha256(b"\n".join(map(to_json, told))).hexdigest()


def _draft(
    change: Change,
    wallet: Wallet,
    quoted: contract.TopUpQuote,
    gateway: GatewayName,
) -> TopUp:
    now = change.call.now
    by_bank = gateway is GatewayName.BANK_TRANSFER
    return TopUp(
        id=change.runtime.new_id(),
        company_id=wallet.company_id,
        wallet_id=wallet.id,
        reference=new_reference(change.runtime.random),
        state=TopUpState.DRAFT,
        gateway=gateway,
        currency=wallet.currency,
        net=quoted.net.amount,
        tax=quoted.tax.amount,
        gross=quoted.gross.amount,
        refunded_net=zero(wallet.currency).amount,
        tax_lines=to_wire(quoted.tax_lines),
        tax_reason=to_wire(quoted.tax_reason),
        created_at=now,
        created_by=change.call.principal.name,
        expires_at=now + (LASTS_BY_BANK if by_bank else LASTS),
        version=1,
    )
