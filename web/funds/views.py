"""Add Funds: from the amount to the payment, and each top-up's own page."""

from uuid import UUID

import msgspec
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import (
    NextStep,
    ShownQuote,
    StartedPayment,
    TopUp,
)
from shared.errors import Conflict, ContractError, InvalidInput, NotFound, Unavailable
from shared.money import Money
from shared.permissions import Permission
from web.funds import queries, sepa
from web.funds.card_form import sources_of
from web.funds.form import FundsForm
from web.language.amounts import write_amount
from web.language.locale import reader_locale
from web.language.refusals import sentence
from web.page.context import context
from web.page.costs import COSTS, Costs
from web.page.forms import new_form_key, send
from web.page.frame import BALANCE, Balance
from web.page.page import Page, begin_page, errors_in_frame
from web.page.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import Visit, begin_visit, prepare_reader
from web.site.addresses import public_address
from web.site.security import widen_policy

bp = Blueprint("funds", __name__, url_prefix="/funds")

bp.add_app_template_filter(sepa.sepa_code, "sepa_code")


@bp.app_template_filter("typed")
def _typed(money: Money) -> str:
    return write_amount(money, reader_locale())


@bp.get("/add")
@signed_in
def add_funds() -> ResponseReturnValue:
    """The form: with what the address says, or else with what is recommended."""
    page = begin_page(COSTS)
    page.settle()  # amounts are read in the reader's language
    typed = "net" in request.args
    form = FundsForm.read(request.args) if typed else _suggestion(page)
    form.currency = form.currency or next(iter(_wallets(page)), "")
    quote = queries.quote_top_up(page.visit, form) if form.net else None
    if not typed and quote and quote.problems and quote.largest:
        # More is recommended than can be topped up at once.
        form = FundsForm.of(quote.largest)
        quote = queries.quote_top_up(page.visit, form)
    return _show(page, form, quote)


@bp.get("/quote")
@signed_in
def quote() -> ResponseReturnValue:
    """The figures for what is being typed."""
    visit = begin_visit()
    prepare_reader(visit)
    form = FundsForm.read(request.args)
    shown = queries.quote_top_up(visit, form) if form.net else None
    names = queries.name_debts(visit, shown)
    return render_template("funds/_figures.html", form=form, quote=shown, names=names)


@bp.post("/add")
@signed_in
def top_up_now() -> ResponseReturnValue:
    """Begin the top-up that was quoted and send the customer to pay it.

    That takes no page, and none of its calls: only the form shown again does.
    """
    visit = begin_visit()
    form = FundsForm.sent(request.form)
    if "work_out" in request.form:
        return _work_out(visit, form)
    with errors_in_frame(visit):
        away = _check_session(visit)
        # Amounts are read in the language of who typed them.
        prepare_reader(visit)
        net, gateway = form.amount(), form.chosen_gateway()
        if net is None or gateway is None:
            page = begin_page(COSTS, visit=visit)
            shown = queries.quote_top_up(visit, form) if net else None
            return _show(page, form, shown, status=422)
        if away is not None:
            return _asked_again(visit, form, away)
        try:
            top_up_id = queries.begin_top_up(visit, form, net, gateway)
        except (Conflict, InvalidInput, NotFound, Unavailable) as refusal:
            return _asked_again(visit, form, refusal)
        return _go_to_payment(visit, top_up_id)


@bp.get("/top-ups/<top_up_id>")
@signed_in
def top_up(top_up_id: str) -> ResponseReturnValue:
    """One top-up: what is to be done, or what came of it."""
    page = begin_page()
    request_ = billing.top_ups.GetTopUp(top_up_id=read_uuid(top_up_id))
    page.ask("top_up", "This top-up", billing.top_ups.GET_TOP_UP, request_)
    shown: TopUp | None = page.answer("top_up")
    return page.show(
        "funds/top_up.html",
        outcome=queries.find_outcome(page.visit, shown) if shown else None,
        open_states=queries.OPEN,
        may_add_funds=page.may(Permission.ADD_FUNDS),
    )


@bp.get("/top-ups/<top_up_id>/state")
@signed_in
def top_up_state(top_up_id: str) -> ResponseReturnValue:
    """The part of its page that changes; asks again while it is open."""
    visit = begin_visit(polling=True)
    request_ = billing.top_ups.GetTopUp(top_up_id=read_uuid(top_up_id))
    shown = visit.read(billing.top_ups.GET_TOP_UP, request_)
    prepare_reader(visit)
    html = render_template(
        "funds/_top_up.html",
        top_up=shown,
        outcome=queries.find_outcome(visit, shown),
        open_states=queries.OPEN,
        may_add_funds=Permission.ADD_FUNDS in visit.identify().permissions,
    )
    settled = {} if shown.state in queries.OPEN else {"HX-Trigger": "balance-changed"}
    return html, 200, settled


@bp.post("/top-ups/<top_up_id>/pay")
@signed_in
def pay(top_up_id: str) -> ResponseReturnValue:
    """Go on with the payment of a top-up."""
    visit = begin_visit()
    visit.require_live_session()
    return _go_to_payment(visit, read_uuid(top_up_id))


@bp.get("/top-ups/<top_up_id>/card")
@signed_in
def card(top_up_id: str) -> ResponseReturnValue:
    """The form that a card is asked for in; its fields are the gateway's own."""
    page = begin_page()
    wanted = read_uuid(top_up_id)
    page.ask(
        "top_up",
        "This top-up",
        billing.top_ups.GET_TOP_UP,
        billing.top_ups.GetTopUp(top_up_id=wanted),
    )
    page.settle()
    try:
        form = queries.find_card_form(page.visit, wanted)
    except Conflict as refusal:
        if refusal.code != "no_card_payment":
            raise
        return redirect(_address(page.visit, "funds.top_up", wanted), code=303)
    script_url = context().settings.card_script_url
    widen_policy(sources_of(script_url))
    return page.show("funds/card.html", form=form, card_script=script_url)


@bp.post("/top-ups/<top_up_id>/card/forget")
@signed_in
def forget_card(top_up_id: str) -> ResponseReturnValue:
    """Remove a saved card, and go on with the payment."""
    visit = begin_visit()
    visit.require_live_session()
    wanted = read_uuid(top_up_id)
    ask = billing.cards.ForgetCard(card=request.form.get("card", "")[:100])
    visit.start(
        billing.cards.FORGET_CARD, ask, timeout_s=queries.GATEWAY_TIMEOUT_S
    ).result()
    return redirect(_address(visit, "funds.card", wanted), code=303)


@bp.post("/top-ups/<top_up_id>/refund-requests")
@signed_in
def ask_for_refund(top_up_id: str) -> ResponseReturnValue:
    """Ask for a possible duplicate back; one that was asked for is shown as it is."""
    visit = begin_visit()
    visit.require_live_session()
    wanted = read_uuid(top_up_id)
    ask = billing.refund_requests.AskForRefund(
        payment_id=read_uuid(request.form.get("payment", "")),
        reason=request.form.get("reason", ""),
    )
    try:
        send(visit, billing.refund_requests.ASK_FOR_REFUND, ask)
    except Conflict as refusal:
        if refusal.code != "refund_asked_already":
            raise
    return redirect(_address(visit, "funds.top_up", wanted), code=303)


@bp.post("/top-ups/<top_up_id>/cancel")
@signed_in
def cancel(top_up_id: str) -> ResponseReturnValue:
    """End a top-up that nobody has paid; one that has ended is shown as it is."""
    visit = begin_visit()
    visit.require_live_session()
    wanted = read_uuid(top_up_id)
    queries.cancel_top_up(visit, wanted)
    return redirect(_address(visit, "funds.top_up", wanted), code=303)


def _suggestion(page: Page) -> FundsForm:
    """What is recommended for the primary wallet, or its currency alone."""
    balance: Balance | None = page.load_blocks()[BALANCE.name].data
    costs: list[Costs] = page.load_blocks()[COSTS.name].data or []
    if balance is None:
        return FundsForm()
    for each in costs:
        recommended = each.recommended
        if recommended is None or recommended.amount.currency.code != balance.currency:
            continue
        if recommended.amount.amount > 0:
            return FundsForm.of(recommended.amount)
    return FundsForm(currency=balance.currency)


def _work_out(visit: Visit, form: FundsForm) -> Response:
    """To the figures of what was typed, without a script."""
    company = visit.identify().require_company()
    address = url_for(
        "funds.add_funds", net=form.net, currency=form.currency, company=company
    )
    return redirect(address, code=303)


def _check_session(visit: Visit) -> Unavailable | None:
    """Insist on the session; return the outage if the form can still be shown again."""
    try:
        visit.require_live_session()
    except Unavailable as outage:
        if visit.known_principal is None:
            raise
        return outage
    return None


def _asked_again(
    visit: Visit, form: FundsForm, refusal: ContractError
) -> ResponseReturnValue:
    """The form once more, with the quote as it is now.

    Its key stays, as the top-up may have begun without an answer, unless that key was
    another top-up's.
    """
    if refusal.code == "idempotency_key_reused":
        form.key = new_form_key()
    page = begin_page(COSTS, visit=visit)
    shown = queries.quote_top_up(visit, form)
    if shown and isinstance(refusal, Unavailable):
        # What it seems to repeat may be itself. Sent again, it must be the same.
        shown = msgspec.structs.replace(shown, repeats=None)
    if refusal.code == "quote_changed":
        form.notice = sentence(refusal)
    elif shown is None or not shown.problems:
        form.errors.setdefault("net", sentence(refusal))
    status = refusal.http_status if isinstance(refusal, Unavailable) else 422
    return _show(page, form, shown, status=status)


def _go_to_payment(visit: Visit, top_up_id: UUID) -> Response:
    """Redirect to where it is paid, or to the top-up's page, which says what to do."""
    its_page = _address(visit, "funds.top_up", top_up_id)
    started = queries.start_payment(visit, top_up_id, public_address(its_page))
    if started is None:
        return redirect(its_page, code=303)
    match _next_step(started):
        case NextStep.REDIRECT:
            return redirect(started.redirect_url or its_page, code=303)
        case NextStep.CARD_FORM:
            return redirect(_address(visit, "funds.card", top_up_id), code=303)
        case NextStep.INSTRUCTIONS | NextStep.NONE:
            return redirect(its_page, code=303)


def _next_step(started: StartedPayment) -> NextStep:
    """Return what billing says, or what follows from an answer without it.

    During an upgrade an older billing answers, which does not know of next steps.
    """
    if started.next_step is not NextStep.NONE:
        return started.next_step
    if started.redirect_url:
        return NextStep.REDIRECT
    if started.top_up.gateway is GatewayName.STRIPE:
        return NextStep.CARD_FORM
    return NextStep.NONE


def _address(visit: Visit, endpoint: str, top_up_id: UUID) -> str:
    company = visit.identify().require_company()
    return url_for(endpoint, top_up_id=top_up_id, company=company)


def _show(
    page: Page, form: FundsForm, quote: ShownQuote | None, status: int = 200
) -> ResponseReturnValue:
    may_read = page.may(Permission.READ_BILLING)
    return page.show(
        "funds/add.html",
        status=status,
        form=form,
        quote=quote,
        names=queries.name_debts(page.visit, quote),
        currencies=_wallets(page),
        unpaid=queries.list_unpaid(page.visit) if may_read else [],
    )


def _wallets(page: Page) -> list[str]:
    """The currencies that the company has a wallet in, its primary one first."""
    balance: Balance | None = page.load_blocks()[BALANCE.name].data
    if balance is None:
        return []
    others = [each.balance.currency.code for each in balance.other_wallets]
    return [balance.currency, *others]
