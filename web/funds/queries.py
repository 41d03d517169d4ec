"""What Add Funds asks of billing, and what it does without an answer."""

from uuid import UUID

import structlog

from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import TopUpQuote
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
from web.funds.form import FundsForm
from web.language.refusals import sentence
from web.page.visit import Visit

GATEWAY_TIMEOUT_S = 10.0
"""Of calls in which billing asks a gateway before it answers."""

log = structlog.get_logger()


def quote_top_up(visit: Visit, form: FundsForm) -> TopUpQuote | None:
    """The quote, or None with the reason beside a field of the form."""
    net = form.amount()
    if net is None:
        return None
    ask = billing.top_ups.QuoteTopUp(net=net)
    try:
        quoted = visit.start(billing.top_ups.QUOTE_TOP_UP, ask).result()
    except NotFound as refusal:
        form.errors["currency"] = sentence(refusal)
    except (InvalidInput, Conflict, Unavailable) as refusal:
        form.errors["net"] = sentence(refusal)
    else:
        if len(quoted.gateways) == 1:
            form.gateway = quoted.gateways[0].value
        return quoted
    return None


def begin_top_up(
    visit: Visit, form: FundsForm, net: Money, gateway: GatewayName
) -> UUID:
    """Begin the top-up that was quoted; returns its id."""
    ask = billing.top_ups.BeginTopUp(
        net=net, digest=form.digest, gateway=gateway, is_intended=form.is_intended
    )
    return (
        visit.start(billing.top_ups.BEGIN_TOP_UP, ask, idempotency_key=form.key)
        .result()
        .id
    )


def start_payment(
    visit: Visit, top_up_id: UUID, return_url: str
) -> billing.top_ups.StartedPayment | None:
    """The payment as it goes on; None when it has ended, or nobody answers now."""
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
    """The card's form, or None while whoever knows it does not answer."""
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
