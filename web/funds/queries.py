"""What Add Funds asks of billing, and what it does without an answer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from shared.contracts import billing, inventory
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.settlement import TopUpEffects
from shared.contracts.billing.top_ups import ShownQuote, TopUp, TopUpState
from shared.contracts.inventory.reading import NamedService
from shared.contracts.inventory.services import ServiceState
from shared.errors import (
    Conflict,
    ContractError,
    InvalidInput,
    NotFound,
    RemoteFault,
    Unavailable,
)
from shared.logs import describe
from shared.money import Money
from web.funds.forms import FundsForm
from web.page.blocks import FIRST_TRY_S
from web.page.context import context
from web.page.visit import Visit

GATEWAY_TIMEOUT_S = 10.0
"""Of calls in which billing asks a gateway before it answers."""

RESUMES_WITHIN = timedelta(minutes=2)
"""A page that waits for services to run again asks no longer than this."""

OPEN = frozenset({TopUpState.DRAFT, TopUpState.PENDING})
UNPAID = OPEN | {TopUpState.FAILED, TopUpState.CANCELLED, TopUpState.EXPIRED}

log = structlog.get_logger()


def quote_top_up(visit: Visit, form: FundsForm) -> ShownQuote | None:
    """The quote, or None with the reason beside a field of the form."""
    net = form.amount()
    if net is None:
        return None
    ask = billing.top_ups.QuoteTopUp(net=net)
    try:
        quoted = visit.read(billing.top_ups.QUOTE_TOP_UP, ask)
    except (NotFound, InvalidInput, Conflict, Unavailable) as refusal:
        form.refuse(refusal)
    else:
        if form.gateway.data not in {each.value for each in quoted.gateways}:
            form.gateway.data = quoted.gateways[0].value if quoted.gateways else ""
        return quoted
    return None


def name_debts(visit: Visit, quoted: ShownQuote | None) -> Mapping[UUID, str]:
    """Return the names of services waiting for money, as far as inventory answers."""
    ids = [debt.service_id for debt in quoted.settlement.debts] if quoted else []
    return {id_: each.name for id_, each in _name_services(visit, ids).items()}


@dataclass(frozen=True)
class Outcome:
    """What the money of a paid top-up did; ``services`` are inventory's, by id.

    ``resumed`` runs again since the money came, ``resuming`` is about to.
    """

    effects: TopUpEffects
    services: Mapping[UUID, NamedService]
    now: datetime

    @property
    def names(self) -> Mapping[UUID, str]:
        return {id_: each.name for id_, each in self.services.items()}

    @property
    def resumed(self) -> list[NamedService]:
        return [
            each
            for each in self._charged()
            if each.state is ServiceState.ACTIVE
            and each.activated_at is not None
            and each.state_since > each.activated_at
            and each.state_since >= self.effects.paid_at
        ]

    @property
    def resuming(self) -> list[NamedService]:
        suspended = ServiceState.SUSPENDED
        return [each for each in self._charged() if each.state is suspended]

    @property
    def is_moving(self) -> bool:
        """Whether it will be another soon, without anybody doing anything."""
        is_new = self.now - self.effects.paid_at < RESUMES_WITHIN
        return self.effects.is_settling or (is_new and bool(self.resuming))

    def _charged(self) -> Iterator[NamedService]:
        for charge in self.effects.charges:
            if found := self.services.get(charge.service_id):
                yield found


def find_outcome(visit: Visit, top_up: TopUp) -> Outcome | None:
    """Find what a top-up's money did; None if nothing came or it can't be read."""
    if top_up.state in UNPAID:
        return None
    ask = billing.settlement.GetTopUpEffects(top_up_id=top_up.id)
    try:
        answer = visit.start(billing.settlement.GET_TOP_UP_EFFECTS, ask).result()
    except (ContractError, RemoteFault) as failure:
        log.warning("top_up_effects_not_read", error=describe(failure))
        return None
    effects = answer.effects
    if effects is None:
        return None
    ids = [each.service_id for each in effects.charges]
    ids += [each.service_id for each in effects.waiting.debts]
    services = _name_services(visit, ids)
    return Outcome(effects, services, context().clock.now())


def _name_services(visit: Visit, ids: Iterable[UUID]) -> Mapping[UUID, NamedService]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    ask = inventory.reading.NameServices(service_ids=wanted)
    try:
        named = visit.start(
            inventory.reading.NAME_SERVICES, ask, timeout_s=FIRST_TRY_S
        ).result()
    except (ContractError, RemoteFault) as failure:
        log.warning("services_not_named", error=describe(failure))
        return {}
    return {each.id: each for each in named.services}


def begin_top_up(
    visit: Visit, form: FundsForm, net: Money, gateway: GatewayName
) -> UUID:
    """Begin the top-up that was quoted; returns its id."""
    ask = billing.top_ups.BeginTopUp(
        net=net,
        digest=form.digest.data,
        gateway=gateway,
        is_intended=form.is_intended.data,
    )
    return form.send(visit, billing.top_ups.BEGIN_TOP_UP, ask).id


def start_payment(
    visit: Visit, top_up_id: UUID, return_url: str
) -> billing.top_ups.StartedPayment | None:
    """Start or continue the payment; None if it has ended or can't be reached."""
    ask = billing.top_ups.StartPayment(top_up_id=top_up_id, return_url=return_url)
    try:
        return visit.start(
            billing.top_ups.START_PAYMENT, ask, timeout_s=GATEWAY_TIMEOUT_S
        ).result()
    except Conflict as refusal:
        if refusal.code != "top_up_ended":
            raise
    except Unavailable:
        pass
    return None


def cancel_top_up(visit: Visit, top_up_id: UUID) -> None:
    """End a top-up, unless it has ended already."""
    ask = billing.top_ups.CancelTopUp(top_up_id=top_up_id)
    try:
        visit.start(
            billing.top_ups.CANCEL_TOP_UP, ask, idempotency_key=f"cancel:{top_up_id}"
        ).result()
    except Conflict as refusal:
        if refusal.code != "top_up_ended":
            raise


def find_card_form(visit: Visit, top_up_id: UUID) -> billing.cards.CardForm | None:
    """Return the card's form, or None while its gateway does not answer."""
    ask = billing.cards.ShowCardForm(top_up_id=top_up_id)
    try:
        return visit.start(
            billing.cards.SHOW_CARD_FORM, ask, timeout_s=GATEWAY_TIMEOUT_S
        ).result()
    except (Unavailable, RemoteFault):
        return None


def list_unpaid(visit: Visit) -> list[billing.top_ups.OpenTopUp]:
    """List what is begun and not paid; none if it can't be read."""
    ask = billing.top_ups.ListOpenTopUps()
    try:
        return visit.start(billing.top_ups.LIST_OPEN_TOP_UPS, ask).result().top_ups
    except (ContractError, RemoteFault) as failure:
        log.warning("open_top_ups_not_read", error=describe(failure))
        return []
