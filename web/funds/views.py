"""Add Funds: from the amount to the payment, and each top-up's own page."""

from uuid import UUID

import msgspec
from flask import Blueprint, redirect, render_template, url_for
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
from web.funds.forms import (
    TYPED,
    ForgetCardForm,
    FundsForm,
    RefundForm,
    SaveCardForm,
    forget_forms,
    refund_forms,
    typed_refund,
)
from web.funds.quote_view import QuoteView, other_recommendations
from web.funds.top_up_view import TopUpView
from web.language.amounts import write_amount
from web.language.locale import reader_locale
from web.language.refusals import sentence
from web.page.addresses import form_on, fragment_of, payment_page, public_address
from web.page.context import context
from web.page.forms import ChangeForm
from web.page.frame import BALANCE, Balance
from web.page.htmx import make_response, request
from web.page.page import Page, begin_page, errors_in_frame
from web.page.recommended import RECOMMENDED, Outlook
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import Visit, begin_visit, prepare_reader
from web.site.security import widen_policy

bp = Blueprint("funds", __name__, url_prefix="/funds")

_ADD, _TOP_UP = "funds.add_funds", "funds.top_up"

bp.add_app_template_filter(sepa.sepa_code, "sepa_code")


@bp.app_template_filter("typed")
def _typed(money: Money) -> str:
    return write_amount(money, reader_locale())


@bp.get("/add")
@signed_in
def add_funds() -> ResponseReturnValue:
    """The form: with what the address says, or else with what is recommended."""
    page = begin_page(RECOMMENDED)
    page.settle()  # amounts are read in the reader's language
    typed = "net" in request.args
    form = FundsForm.from_address() if typed else _suggestion(page)
    form.currency.data = form.currency.data or next(iter(_wallets(page)), "")
    quote = queries.quote_top_up(page.visit, form) if form.net.data else None
    if not typed and quote and quote.problems and quote.largest:
        # More is recommended than can be topped up at once.
        form = _filled_in(quote.largest)
        quote = queries.quote_top_up(page.visit, form)
    return _show(page, form, quote)


@bp.get("/quote")
@fragment_of(_ADD, keeps=TYPED)
@signed_in
def quote() -> ResponseReturnValue:
    """The figures for what is being typed, which the page's address says from now."""
    visit = begin_visit()
    prepare_reader(visit)
    form = FundsForm.from_address()
    shown = queries.quote_top_up(visit, form) if form.net.data else None
    html = render_template("funds/_figures.html", form=form, shown=_view(visit, shown))
    return make_response(html, replace_url=_address_of(visit, form))


@bp.post("/add")
@form_on(_ADD, keeps=TYPED)
@signed_in
def top_up_now() -> ResponseReturnValue:
    """Begin the top-up that was quoted and send the customer to pay it.

    That takes no page, and none of its calls: only the form shown again does.
    """
    visit = begin_visit()
    form = FundsForm()
    if "work_out" in request.form:
        return _work_out(visit, form)
    with errors_in_frame(visit):
        away = _check_session(visit)
        # Amounts are read in the language of who typed them.
        prepare_reader(visit)
        net, gateway = form.amount(), form.chosen_gateway()
        if net is None or gateway is None:
            page = begin_page(RECOMMENDED, visit=visit)
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
    """Show one top-up: what to do next, or what happened to it."""
    return _show_top_up(begin_page(), read_uuid(top_up_id), typed_refund())


@bp.get("/top-ups/<top_up_id>/state")
@fragment_of(_TOP_UP)
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
        shown=TopUpView(
            shown,
            queries.find_outcome(visit, shown),
            Permission.ADD_FUNDS in visit.identify().permissions,
        ),
        action=ChangeForm(company=shown.company_id),
        refunds=refund_forms(shown, None),
    )
    settled = None if shown.state in queries.OPEN else "balance-changed"
    return make_response(html, trigger=settled)


@bp.post("/top-ups/<top_up_id>/pay")
@form_on(_TOP_UP)
@signed_in
def pay(top_up_id: str) -> ResponseReturnValue:
    """Continue the payment of a top-up."""
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
        billing.top_ups.GET_TOP_UP,
        billing.top_ups.GetTopUp(top_up_id=wanted),
    )
    page.settle()
    try:
        form = queries.find_card_form(page.visit, wanted)
    except Conflict as refusal:
        if refusal.code != "no_card_payment":
            raise
        return redirect(_address(page.visit, _TOP_UP, wanted), code=303)
    script_url = context().settings.card_script_url
    widen_policy(sources_of(script_url))
    cards = [card.id for card in form.cards] if form else []
    company = page.visit.identify().require_company()
    return page.show(
        "funds/card.html",
        form=form,
        card_script=script_url,
        saving=SaveCardForm(),
        forgetting=forget_forms(cards, company),
    )


@bp.post("/top-ups/<top_up_id>/card/forget")
@form_on("funds.card")
@signed_in
def forget_card(top_up_id: str) -> ResponseReturnValue:
    """Remove a saved card and continue the payment."""
    visit = begin_visit()
    visit.require_live_session()
    wanted, form = read_uuid(top_up_id), ForgetCardForm()
    ask = billing.cards.ForgetCard(card=form.card.data)
    visit.start(
        billing.cards.FORGET_CARD, ask, timeout_s=queries.GATEWAY_TIMEOUT_S
    ).result()
    return redirect(_address(visit, "funds.card", wanted), code=303)


@bp.post("/top-ups/<top_up_id>/refund-requests")
@form_on(_TOP_UP, keeps=("payment", "reason"))
@signed_in
def ask_for_refund(top_up_id: str) -> ResponseReturnValue:
    """Ask for a possible duplicate back; one that was asked for is shown as it is."""
    visit = begin_visit()
    wanted, form = read_uuid(top_up_id), RefundForm(of=request.form.get("payment", ""))
    ask = billing.refund_requests.AskForRefund(
        payment_id=read_uuid(form.payment.data), reason=form.reason.data
    )
    with errors_in_frame(visit):
        try:
            visit.require_live_session()
            form.send(visit, billing.refund_requests.ASK_FOR_REFUND, ask)
        except (Conflict, InvalidInput, Unavailable) as refusal:
            if refusal.code != "refund_asked_already":
                form.refuse(refusal)
                return _show_top_up(begin_page(visit=visit), wanted, form)
    return redirect(_address(visit, _TOP_UP, wanted), code=303)


@bp.post("/top-ups/<top_up_id>/cancel")
@form_on(_TOP_UP)
@signed_in
def cancel(top_up_id: str) -> ResponseReturnValue:
    """Cancel an unpaid top-up; one that has ended is shown unchanged."""
    visit = begin_visit()
    visit.require_live_session()
    wanted = read_uuid(top_up_id)
    queries.cancel_top_up(visit, wanted)
    return redirect(_address(visit, _TOP_UP, wanted), code=303)


def _suggestion(page: Page) -> FundsForm:
    """What is recommended for the primary wallet, or its currency alone."""
    balance: Balance | None = page.load_blocks()[BALANCE.name].data
    if balance is None:
        return FundsForm(formdata=None)
    for each in _outlooks(page):
        if each.wallet.currency == balance.currency and not each.is_covered:
            return _filled_in(each.recommended.amount)
    return FundsForm(formdata=None, currency=balance.currency)


def _filled_in(money: Money) -> FundsForm:
    return FundsForm(formdata=None, net=money, currency=money.currency.code)


def _work_out(visit: Visit, form: FundsForm) -> Response:
    """Lead to the quote for what was typed, without JavaScript."""
    return redirect(_address_of(visit, form), code=303)


def _address_of(visit: Visit, form: FundsForm) -> str:
    company = visit.identify().require_company()
    return url_for(_ADD, **form.typed(), company=company)


def _check_session(visit: Visit) -> Unavailable | None:
    """Require the session; return the outage if the form can still be shown again."""
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
    """The form once more, with the quote as it is now."""
    page = begin_page(RECOMMENDED, visit=visit)
    shown = queries.quote_top_up(visit, form)
    is_said = bool(form.errors or (shown and shown.problems))
    if shown and isinstance(refusal, Unavailable):
        # What it seems to repeat may be itself. Sent again, it must be the same.
        shown = msgspec.structs.replace(shown, repeats=None)
    if refusal.code == "quote_changed":
        form.notice = sentence(refusal)
    elif not is_said:
        form.refuse(refusal)
    form.renew_used_key(refusal)
    status = refusal.http_status if isinstance(refusal, Unavailable) else 422
    return _show(page, form, shown, status=status)


def _go_to_payment(visit: Visit, top_up_id: UUID) -> Response:
    """Redirect to where it is paid, or to the top-up's page, which says what to do."""
    its_page = _address(visit, _TOP_UP, top_up_id)
    started = queries.start_payment(visit, top_up_id, public_address(its_page))
    if started is None:
        return redirect(its_page, code=303)
    match _next_step(started):
        case NextStep.REDIRECT:
            return redirect(payment_page(started.redirect_url) or its_page, code=303)
        case NextStep.CARD_FORM:
            return redirect(_address(visit, "funds.card", top_up_id), code=303)
        case NextStep.INSTRUCTIONS | NextStep.NONE:
            return redirect(its_page, code=303)


def _next_step(started: StartedPayment) -> NextStep:
    """Return what billing says, or what follows from an answer without it.

    During an upgrade an older billing answers, which has no next steps.
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
    shown = _view(page.visit, quote)
    recommended = [each.recommended for each in _outlooks(page)]
    form.company.data = str(page.visit.identify().require_company())
    form.currency.choices = _wallets(page)
    return page.show(
        "funds/add.html",
        status=status,
        form=form,
        shown=shown,
        recommended=other_recommendations(recommended, shown),
        currencies=_wallets(page),
        unpaid=queries.list_unpaid(page.visit) if may_read else [],
    )


def _show_top_up(
    page: Page, top_up_id: UUID, form: RefundForm | None
) -> ResponseReturnValue:
    """Show a top-up's page, with a refund form that was sent."""
    request_ = billing.top_ups.GetTopUp(top_up_id=top_up_id)
    page.ask("top_up", billing.top_ups.GET_TOP_UP, request_)
    shown: TopUp | None = page.answer("top_up")
    return page.show(
        "funds/top_up.html",
        status=form.status if form else 200,
        shown=_view_top_up(page, shown) if shown else None,
        action=ChangeForm(formdata=None, company=shown.company_id) if shown else None,
        refused=form,
        refunds=refund_forms(shown, form) if shown else {},
    )


def _view(visit: Visit, quote: ShownQuote | None) -> QuoteView | None:
    return QuoteView(quote, queries.name_debts(visit, quote)) if quote else None


def _view_top_up(page: Page, top_up: TopUp) -> TopUpView:
    outcome = queries.find_outcome(page.visit, top_up)
    return TopUpView(top_up, outcome, page.may(Permission.ADD_FUNDS))


def _outlooks(page: Page) -> list[Outlook]:
    outlooks: list[Outlook] | None = page.load_blocks()[RECOMMENDED.name].data
    return outlooks or []


def _wallets(page: Page) -> list[str]:
    """The currencies that the company has a wallet in, its primary one first."""
    balance: Balance | None = page.load_blocks()[BALANCE.name].data
    if balance is None:
        return []
    others = [each.balance.currency.code for each in balance.other_wallets]
    return [balance.currency, *others]
