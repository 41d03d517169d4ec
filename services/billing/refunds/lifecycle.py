"""Refunds: money of a top-up given back, never more than is unspent, nor goodwill.

The ledger has a refund at once, so that nothing is spent twice; the gateway is asked
afterwards, until it has done it or refuses permanently.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from sqlalchemy import or_, select

from services.billing.base.repetition import SOON, require_confirmed
from services.billing.gateways.gateway import Repayment
from services.billing.ledger.entries import Reason
from services.billing.ledger.money_in import MoneyIn
from services.billing.ledger.wallets import emit_change, lock_wallet
from services.billing.models.ledger import EntryKind, Wallet
from services.billing.models.payments import Payment
from services.billing.models.refunds import Refund, RefundState
from services.billing.models.top_ups import TopUp
from services.billing.refunds.decisions import end_request, reopen_request
from services.billing.refunds.goodwill import unspent_goodwill
from services.billing.refunds.states import follow_money
from services.billing.refunds.taken_beyond import cover
from services.billing.top_ups.document_orders import Wanted, order, taken_back
from services.billing.top_ups.lifecycle import lock_top_up, move
from services.billing.top_ups.rules import fits_payment
from services.billing.top_ups.views import Given, given_back, left_of, stayed, view
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.billing.top_ups import GivenBack, RefundTopUp, TopUpState
from shared.contracts.notes import Note, NoteCode, own_words
from shared.errors import Conflict, InvalidInput
from shared.money import (
    Money,
    currency_of,
    round_down_to_minor_unit,
    round_to_minor_unit,
)
from shared.rpc.change import Change
from shared.text import clean_reason

log = structlog.get_logger()


@dataclass(frozen=True)
class _Part:
    """What one payment gives back; ``is_rest``: nothing is left of it then."""

    payment: Payment
    net: Decimal
    tax: Decimal
    is_rest: bool


@dataclass(frozen=True)
class _Most:
    """What can be given back, net; ``goodwill`` is what of the balance can't, for that.

    Goodwill bounds a refund only where the balance would have had enough with it.
    """

    net: Decimal
    goodwill: Decimal

    @classmethod
    def of(cls, left: Decimal, balance: Decimal, goodwill: Decimal) -> "_Most":
        in_wallet = max(balance, Decimal(0))
        net = min(left, in_wallet - goodwill)
        return cls(net, goodwill if net < min(left, in_wallet) else Decimal(0))

    def refusal(self, left: Decimal) -> Conflict:
        if not self.goodwill:
            return Conflict("more_than_unspent", parameters={"left": f"{left:f}"})
        return Conflict(
            "goodwill_not_refundable",
            f"{left:f} of the balance was paid in; {self.goodwill:f} is goodwill",
            {"left": f"{left:f}", "goodwill": f"{self.goodwill:f}"},
        )


def refund(change: Change, request: RefundTopUp) -> GivenBack:
    """Refund a payment for an operator, who may have typed it twice.

    Raises:
        Conflict: ``done_before`` with ``id``; and what `refund_payment` raises.
        InvalidInput: ``reason_missing``, ``bad_reason``.
    """
    note = own_words(clean_reason(request.reason, required=True))
    return refund_payment(change, request, note, is_typed=True)


def refund_payment(
    change: Change, request: RefundTopUp, note: Note, *, is_typed: bool = False
) -> GivenBack:
    """Take a part of a top-up out of its wallet and order it to be paid back.

    The newest payment gives first, so that a duplicate is what goes back; or else only
    the one that is asked for.

    Raises:
        NotFound: ``no_such_top_up``.
        Conflict: ``not_refundable`` with ``state``; ``more_than_unspent`` with
            ``left``; ``goodwill_not_refundable`` with ``left`` and ``goodwill``.
        InvalidInput: ``bad_amount``.
    """
    session = change.db
    top_up = lock_top_up(session, request.top_up_id)
    given = given_back(session, top_up)
    paid = stayed(session, top_up)[::-1]
    asked_for = [each for each in paid if request.payment_id in {None, each.id}]
    left = _left(asked_for, given)
    # Not its state: money may come for one that was refunded or charged back before.
    if not left:
        so_far = top_up.state.value
        raise Conflict("not_refundable", so_far, {"state": so_far})
    wallet = lock_wallet(session, top_up.company_id, top_up.currency)
    most = _Most.of(left, wallet.balance, unspent_goodwill(session, wallet))
    net = _requested_net(request, top_up, most)
    parts = _parts(asked_for, given, net)
    if is_typed:
        require_confirmed(_equal_before(change, parts), request.again)
    for part in parts:
        _refund_part(change, wallet, top_up, part, note)
    emit_change(change, wallet)
    refunded = net == _left(paid, given)
    state = TopUpState.REFUNDED if refunded else TopUpState.PARTLY_REFUNDED
    move(change, top_up, state)
    currency = currency_of(top_up.currency)
    return GivenBack(
        top_up=view(session, top_up),
        net=Money(net, currency),
        tax=Money(sum((part.tax for part in parts), Decimal(0)), currency),
        kept_goodwill=Money(most.goodwill, currency),
    )


def _refund_part(
    change: Change, wallet: Wallet, top_up: TopUp, part: _Part, note: Note
) -> None:
    row = _draft(change, top_up, part, note)
    change.db.add(row)
    change.db.flush()
    _post(change, wallet, row, EntryKind.REFUND)
    _order(change, top_up, row, DocumentKind.CREDIT_NOTE, note)
    top_up.refunded_net += part.net
    if part.is_rest:
        end_request(change, part.payment.id, RefundRequestState.GRANTED)


def repayment_of(refund: Refund, payment: Payment) -> Repayment:
    amount = Money(refund.net + refund.tax, currency_of(refund.currency))
    return Repayment(refund.id, payment.transaction or "", amount)


def settle(change: Change, refund: Refund) -> None:
    """The gateway has paid it back."""
    lock_top_up(change.db, refund.top_up_id)
    change.db.refresh(refund)
    if refund.state is RefundState.FAILED:
        # Refused, then done when repeated: the customer has the money twice.
        log.error("refund_paid_after_refusal", refund=str(refund.id))
    if refund.state is not RefundState.PENDING:
        return
    refund.state = RefundState.SUCCEEDED
    refund.settled_at = change.call.now
    refund.send_at = None


def give_up(change: Change, refund: Refund, why: str) -> None:
    """The gateway refuses permanently: the wallet has its money again.

    Also of one that had been paid out: a card's bank may send it back days later.
    """
    session = change.db
    top_up = lock_top_up(session, refund.top_up_id)
    session.refresh(refund)
    if refund.state is RefundState.FAILED:
        return
    log.error("refund_not_paid_out", refund=str(refund.id), why=why)
    wallet = lock_wallet(session, top_up.company_id, top_up.currency)
    refund.state = RefundState.FAILED
    refund.settled_at = change.call.now
    refund.send_at = None
    refund.failure = why
    top_up.refunded_net -= refund.net
    session.flush()
    taken = list(cover(change, refund))
    untaxed = sum((part.tax for _, part in taken), Decimal(0))
    _post(change, wallet, refund, EntryKind.REFUND_FAILED, untaxed)
    not_paid_out = Note(code=NoteCode.REFUND_NOT_PAID_OUT)
    _order(change, top_up, refund, DocumentKind.INVOICE, not_paid_out)
    for chargeback_id, part in taken:
        order(change, top_up, taken_back(refund.payment_id, chargeback_id, part))
    emit_change(change, wallet)
    payment = session.get_one(Payment, refund.payment_id)
    follow_money(change, top_up, payment)
    if payment.state is PaymentState.CHARGED_BACK:
        # The bank has the money instead, so that is how the request ended.
        reopen_request(change, payment.id)
        end_request(change, payment.id, RefundRequestState.CHARGED_BACK)


def _post(
    change: Change,
    wallet: Wallet,
    refund: Refund,
    kind: EntryKind,
    untaxed: Decimal = Decimal(0),
) -> None:
    """Post a refund or its failure; ``untaxed`` is tax that the wallet gets back."""
    reason = Reason(
        company_id=wallet.company_id,
        kind=kind,
        note=refund.note,
        cause=f"refund:{refund.id}",
    )
    net, tax = refund.net + untaxed, refund.tax - untaxed
    money_in = MoneyIn(net, tax, refund.currency)
    money_in.post(change, wallet.id, reason)


def _order(
    change: Change, top_up: TopUp, refund: Refund, kind: DocumentKind, note: Note
) -> None:
    wanted = Wanted(kind, refund.net, refund.tax, refund.payment_id, refund.id, note)
    order(change, top_up, wanted)


def _requested_net(request: RefundTopUp, top_up: TopUp, most: _Most) -> Decimal:
    if request.net is None:
        net = Money(most.net, currency_of(top_up.currency))
        # A balance has six places, and a payment only whole cents.
        net = round_down_to_minor_unit(net)
    else:
        net = request.net
    if net.currency.code != top_up.currency or not fits_payment(net):
        if request.net is None:
            raise most.refusal(Decimal(0))
        raise InvalidInput("bad_amount")
    if net.amount > most.net:
        raise most.refusal(most.net)
    return net.amount


def _left(paid: Sequence[Payment], given: Given) -> Decimal:
    """How much net of these payments was not given or taken back yet."""
    return sum((left_of(each, given).net for each in paid), Decimal(0))


def _parts(
    paid: Sequence[Payment],
    given: Given,
    net: Decimal,
) -> list[_Part]:
    parts = []
    for payment in paid:
        net_before, tax_before = given.get(payment.id, (Decimal(0), Decimal(0)))
        left = payment.net - net_before
        share = min(net, left)
        if share <= 0:
            continue
        net -= share
        currency = currency_of(payment.currency)
        # Of all that has been given back by then: so the whole of it is exact.
        exact = payment.tax * (net_before + share) / payment.net
        tax = round_to_minor_unit(Money(exact, currency)).amount - tax_before
        # A bank may have taken back a cent more of it.
        tax = max(tax, Decimal(0))
        parts.append(_Part(payment, share, tax, share == left))
    return parts


def _equal_before(change: Change, parts: Sequence[_Part]) -> UUID | None:
    """The newest refund within the hour that is equal to one of these."""
    equal = [
        (Refund.payment_id == part.payment.id) & (Refund.net == part.net)
        for part in parts
    ]
    return change.db.scalar(
        select(Refund.id)
        .where(
            or_(*equal),
            Refund.state != RefundState.FAILED,
            Refund.created_at > change.call.now - SOON,
        )
        .order_by(Refund.created_at.desc(), Refund.id)
        .limit(1)
    )


def _draft(change: Change, top_up: TopUp, part: _Part, note: Note) -> Refund:
    return Refund(
        id=change.runtime.new_id(),
        company_id=top_up.company_id,
        top_up_id=top_up.id,
        payment_id=part.payment.id,
        state=RefundState.PENDING,
        currency=top_up.currency,
        net=part.net,
        tax=part.tax,
        reason=note.as_written,
        **note.columns,
        who=change.call.principal.name,
        created_at=change.call.now,
        send_at=change.call.now,
        failure="",
    )
