"""Stripe: cards, by PaymentIntents that the customer's browser confirms.

A checkout is an intent, and so is its transaction: an intent is paid once at most. The
card's form and 3-D Secure are Stripe's own, in the browser. Of a notice we believe only
which thing it is about, ask for that, and book what it is now: so the order of notices
does not matter, nor the version of the API that they are written in.

`read_gateways` alone imports this, where Stripe is set up: its SDK is large.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import structlog
from stripe import (
    InvalidRequestError,
    PaymentIntent,
    Refund,
    RequestsClient,
    StripeClient,
    StripeError,
    StripeObject,
)

from services.billing.gateways.gateway import (
    CardCheckout,
    CardGateway,
    Checkout,
    ListedDispute,
    News,
    Order,
    Outcome,
    RefundOutcome,
    RefundReport,
    Repayment,
    RepaymentRefusedError,
    Report,
    unreachable,
)
from services.billing.gateways.stripe_amounts import (
    from_stripe,
    to_stripe,
    units_to_repay,
)
from services.billing.gateways.stripe_notices import read_subject
from services.billing.gateways.stripe_objects import (
    charged_at,
    country_of,
    our_id,
    paid_with,
    saved_card,
)
from shared.contracts.billing.cards import SavedCard
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import NextStep
from shared.money import currency_of

Thing = TypeVar("Thing", bound=StripeObject)

log = structlog.get_logger()

# Asked to be wordy, the SDK logs whole answers, with the secrets of payments in them.
logging.getLogger("stripe").setLevel(logging.WARNING)

TIMEOUT_S = (2.0, 4.0)
"""To connect, and between two parts of an answer."""
RETRIES = 1
"""Of a request that had no answer. Jobs and the customer's next click do the rest."""

PAYMENT, REFUND, COMPANY = "payment_id", "refund_id", "company_id"
"""The metadata by which things at Stripe name ours."""

MAX_LISTED = 100
"""As many as Stripe lists in one answer."""
MAX_CARDS = MAX_LISTED
"""Further ones come up as these are forgotten."""

_ID = re.compile(r"\w+", re.ASCII)
"""How Stripe's names look. They become a part of an address."""

_OUTCOMES = {
    "succeeded": Outcome.SUCCEEDED,
    "canceled": Outcome.CANCELLED,
}
"""What is final. An attempt that failed is not: another card may still pay."""

_WAITS_FOR_CARD = frozenset(
    {"requires_payment_method", "requires_confirmation", "requires_action"}
)
_TOOK_MONEY = frozenset({"needs_response", "under_review", "lost"})
"""States of a dispute in which the bank has the money; not while it only inquires."""

_WON = "won"

_REFUND_OUTCOMES = {
    "succeeded": RefundOutcome.SUCCEEDED,
    "failed": RefundOutcome.FAILED,
    "canceled": RefundOutcome.FAILED,
}
"""What is final; all else is under way."""
_NOT_FOUND = 404


@dataclass(frozen=True)
class StripeGateway(CardGateway):
    """``api_base`` is Stripe's address; ``webhook_secret`` signs its notices."""

    secret_key: str
    publishable_key: str
    webhook_secret: str
    api_base: str
    name: ClassVar[GatewayName] = GatewayName.STRIPE
    next_step: ClassVar[NextStep] = NextStep.CARD_FORM

    def open_checkout(self, order: Order) -> Checkout:
        customer = {"customer": order.customer} if order.customer else {}
        with _answering():
            intent = self._client.v1.payment_intents.create(
                {
                    "amount": to_stripe(order.amount),
                    "currency": order.amount.currency.code.lower(),
                    "payment_method_types": ["card"],
                    "metadata": {
                        PAYMENT: str(order.payment_id),
                        "reference": order.reference,
                    },
                    **customer,  # type: ignore[typeddict-item]
                },
                # The same key with other arguments would be refused.
                {"idempotency_key": f"{order.payment_id}:{order.customer or ''}"},
            )
        return Checkout(intent.id)

    def ask(self, checkout: str) -> Sequence[Report]:
        return self._news(self._intent(checkout))

    def _news(self, intent: PaymentIntent) -> Sequence[Report]:
        has_begun = intent.status != "requires_payment_method"
        if not has_begun and intent.last_payment_error is None:
            return []
        outcome = _OUTCOMES.get(intent.status, Outcome.PENDING)
        return self._reports(intent, outcome, intent.amount)

    def close_checkout(self, checkout: str) -> bool:
        intent = self._intent(checkout)
        if intent.status == "processing":
            raise unreachable("the bank has not answered yet")
        if intent.status in _WAITS_FOR_CARD:
            with _answering():
                self._client.v1.payment_intents.cancel(checkout)
        return True

    def disputes_since(self, moment: datetime) -> Sequence[ListedDispute]:
        since = int(moment.timestamp())
        with _answering():
            listed = self._client.v1.disputes.list(
                {"created": {"gte": since}, "limit": MAX_LISTED}
            )
            return [
                ListedDispute(
                    each.id,
                    datetime.fromtimestamp(each.created, UTC),
                    each.status == _WON,
                )
                for each in listed.auto_paging_iter()
            ]

    def ask_dispute(self, dispute: str) -> Sequence[Report]:
        found = _found(lambda: self._client.v1.disputes.retrieve(dispute))
        if found is None or found.payment_intent is None:
            # Of a charge that was made without an intent, so not by us.
            return []
        if found.status not in {*_TOOK_MONEY, _WON}:
            log.warning("dispute_without_money", dispute=found.id, status=found.status)
            return []
        intent = self._find_intent(_id(found.payment_intent) or "")
        if intent is None:
            return []
        # The bank may take only a part, but of the whole payment.
        paid = self._reports(intent, Outcome.SUCCEEDED, intent.amount)
        is_won = found.status == _WON
        taken = [
            replace(
                report,
                outcome=Outcome.REINSTATED if is_won else Outcome.CHARGED_BACK,
                amount=from_stripe(found.amount, currency_of(found.currency.upper())),
                failure="disputed_by_cardholder",
                dispute=found.id,
            )
            for report in paid
        ]
        return [*paid, *taken]

    def read_notice(self, headers: Mapping[str, str], body: str) -> Sequence[News]:
        about = read_subject(headers, body, self.webhook_secret)
        if not (isinstance(about.id, str) and _ID.fullmatch(about.id)):
            return []
        match about.object:
            case "payment_intent":
                intent = self._find_intent(about.id)
                return [] if intent is None else self._news(intent)
            case "dispute":
                return self.ask_dispute(about.id)
            case "refund":
                return self._ask_refund(about.id)
        return []

    def _ask_refund(self, refund: str) -> Sequence[RefundReport]:
        found = _found(lambda: self._client.v1.refunds.retrieve(refund))
        if found is None:
            return []
        refund_id = our_id(found, REFUND)
        if refund_id is None:
            # It was ordered past us, and the ledger knows nothing of it.
            log.error("refund_differs", refund=refund, status=found.status)
            return []
        outcome = _REFUND_OUTCOMES.get(found.status or "", RefundOutcome.PENDING)
        failure = found.failure_reason if hasattr(found, "failure_reason") else None
        return [RefundReport(refund_id, outcome, failure or found.status or "")]

    def repay(self, repayment: Repayment) -> bool:
        units = units_to_repay(repayment)
        with _answering(refused=RepaymentRefusedError):
            # A key is forgotten after a day; its effect is not.
            refund = self._earlier_refund(repayment)
            refund = refund or self._client.v1.refunds.create(
                {
                    "payment_intent": repayment.transaction,
                    "amount": units,
                    "metadata": {REFUND: str(repayment.refund_id)},
                },
                {"idempotency_key": str(repayment.refund_id)},
            )
        outcome = _REFUND_OUTCOMES.get(refund.status or "", RefundOutcome.PENDING)
        if outcome is RefundOutcome.FAILED:
            raise RepaymentRefusedError(refund.status)
        return outcome is RefundOutcome.SUCCEEDED

    def show_checkout(self, checkout: str) -> CardCheckout | None:
        intent = self._intent(checkout)
        if intent.status not in _WAITS_FOR_CARD or not intent.client_secret:
            return None
        return CardCheckout(intent.client_secret, _id(intent.customer))

    def open_customer(self, company_id: UUID) -> str:
        with _answering():
            customer = self._client.v1.customers.create(
                {"metadata": {COMPANY: str(company_id)}},
                {"idempotency_key": f"customer:{company_id}"},
            )
        return customer.id

    def list_cards(self, customer: str) -> list[SavedCard]:
        with _answering():
            methods = self._client.v1.payment_methods.list(
                {"customer": customer, "type": "card", "limit": MAX_CARDS}
            )
        return [saved_card(method) for method in methods.data]

    def forget_card(self, customer: str, card: str) -> bool:
        if not self._is_card_of(customer, card):
            return False
        with _answering():
            self._client.v1.payment_methods.detach(card)
        return True

    def _is_card_of(self, customer: str, card: str) -> bool:
        """Whether a card is this customer's, whatever a browser names."""
        if not _ID.fullmatch(card):
            return False
        try:
            with _answering(refused=LookupError):
                method = self._client.v1.payment_methods.retrieve(card)
        except LookupError:
            return False
        return _id(method.customer) == customer

    @cached_property
    def _client(self) -> StripeClient:
        return StripeClient(
            self.secret_key,
            base_addresses={"api": self.api_base},
            max_network_retries=RETRIES,
            http_client=RequestsClient(timeout=TIMEOUT_S),
        )

    def _intent(self, checkout: str) -> PaymentIntent:
        with _answering():
            return self._retrieve_intent(checkout)

    def _find_intent(self, intent: str) -> PaymentIntent | None:
        return _found(lambda: self._retrieve_intent(intent))

    def _retrieve_intent(self, intent: str) -> PaymentIntent:
        return self._client.v1.payment_intents.retrieve(
            intent, {"expand": ["payment_method", "latest_charge"]}
        )

    def _reports(
        self, intent: PaymentIntent, outcome: Outcome, units: int
    ) -> Sequence[Report]:
        payment_id = our_id(intent, PAYMENT)
        if payment_id is None:
            return []
        currency = currency_of(intent.currency.upper())
        error = intent.last_payment_error
        is_paid = outcome is Outcome.SUCCEEDED
        report = Report(
            payment_id=payment_id,
            transaction=intent.id,
            outcome=outcome,
            amount=from_stripe(units, currency),
            paid_with=paid_with(intent),
            failure=None if is_paid or error is None else error.code,
            succeeded_at=charged_at(intent),
            payer_country=country_of(intent),
        )
        return [report]

    def _earlier_refund(self, repayment: Repayment) -> Refund | None:
        known = self._client.v1.refunds.list(
            {"payment_intent": repayment.transaction, "limit": MAX_LISTED}
        )
        wanted = repayment.refund_id
        ours = (each for each in known.data if our_id(each, REFUND) == wanted)
        return next(ours, None)


@contextmanager
def _answering(refused: type[Exception] | None = None) -> Iterator[None]:
    """Turn what the SDK raises into `Unavailable`; its texts may name keys."""
    try:
        yield
    except InvalidRequestError as error:
        if refused is not None:
            raise refused(error.code or "invalid_request") from error
        log.error("stripe_refused", code=error.code, param=error.param)  # noqa: TRY400
        raise unreachable(f"{type(error).__name__} {error.code}") from error
    except StripeError as error:
        log.warning("stripe_unreachable", error=type(error).__name__, code=error.code)
        raise unreachable(type(error).__name__) from error


def _found(ask: Callable[[], Thing]) -> Thing | None:
    """What Stripe answers; None when it knows no such thing, at this account."""
    with _answering():
        try:
            return ask()
        except InvalidRequestError as error:
            if error.http_status != _NOT_FOUND:
                raise
            log.warning("stripe_knows_none", code=error.code)
            return None


def _id(thing: Any) -> str | None:
    """The id of what Stripe may have written out, or not."""
    found: str | None = getattr(thing, "id", thing)
    return found
