"""Hand a service over to another company: offering it, and answering an offer.

Acts for the company in the address, the giver or the receiver.
"""

from typing import ClassVar
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import SelectField, StringField
from wtforms.validators import Optional

from shared.contract import Method
from shared.contracts.billing.handovers import (
    ACCEPT_HANDOVER,
    DECLINE_HANDOVER,
    GET_HANDOVER,
    LIST_HANDOVERS,
    OFFER_SERVICE,
    WITHDRAW_HANDOVER,
    Handover,
    HandoverRequest,
    Handovers,
    ListHandovers,
    OfferService,
)
from shared.contracts.inventory.reading import GET_SERVICE, GetService
from shared.errors import Conflict, InvalidInput, NotFound, Throttled, Unavailable
from web.language.refusals import sentence
from web.page.addresses import form_on
from web.page.forms import PageForm
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import prepare_reader, visit_company

bp = Blueprint("handovers", __name__, url_prefix="/companies/<company_id>")

_OFFER, _PAGE = "handovers.show_offer", "handovers.show_handover"
_LONGEST_ID = 100
_OF_GIVER = frozenset({"handover_not_active", "handover_ending", "handover_owed"})


class OfferForm(PageForm):
    """``own`` is another company of the reader's; ``other`` anybody's, by its ID."""

    about: ClassVar = "other"

    own = SelectField(lazy_gettext("Company"), [Optional()], choices=[])
    other = StringField(
        lazy_gettext("Or the ID of another company"),
        [Optional()],
        description=lazy_gettext(
            "Its members find the ID in the company's profile. Ask the receiver for it."
        ),
        render_kw={"maxlength": 60, "autocomplete": "off", "spellcheck": "false"},
    )

    def receiver(self) -> UUID:
        """Return the company that was chosen or typed.

        Raises:
            NotFound: ``no_such_receiver``.
        """
        typed = (self.other.data or self.own.data or "").strip()
        try:
            return UUID(typed[:_LONGEST_ID])
        except ValueError:
            raise NotFound("no_such_receiver") from None


@bp.get("/services/<service_id>/hand-over")
@signed_in
def show_offer(
    company_id: str, service_id: str, form: OfferForm | None = None
) -> ResponseReturnValue:
    """The form, or the offer that is open."""
    company, service = read_uuid(company_id), read_uuid(service_id)
    page = begin_page(acts_for=company, at="services")
    page.ask("listed", LIST_HANDOVERS, ListHandovers(service_id=service))
    its = GetService(service_id=service)
    page.ask("details", GET_SERVICE, its, optional=True)
    listed: Handovers | None = page.answer("listed")
    page.answer("details")
    form = form or OfferForm(formdata=None)
    own = [
        (str(each.company_id), each.company_name)
        for each in page.load_frame().companies
        if each.company_id != company
    ]
    if own:
        form.own.choices = [("", _("Another company, by its ID")), *own]
    else:
        del form.own
    return page.show(
        "services/hand_over.html",
        company_id=company,
        service_id=service,
        form=form,
        button=PageForm(formdata=None),
        offered=listed.handovers[0] if listed and listed.handovers else None,
        status=form.status,
    )


@bp.post("/services/<service_id>/hand-over")
@form_on(_OFFER)
@signed_in
def offer_service(company_id: str, service_id: str) -> ResponseReturnValue:
    company, service, form = read_uuid(company_id), read_uuid(service_id), OfferForm()
    visit = visit_company(company)
    try:
        visit.require_live_session()
        wanted = OfferService(service_id=service, receiver_id=form.receiver())
        offered = visit.start(OFFER_SERVICE, wanted).result()
    except (NotFound, Conflict, InvalidInput, Throttled, Unavailable) as refusal:
        if refusal.code == "no_such_service":
            raise
        return show_offer(company_id, service_id, form.refuse(refusal))
    prepare_reader(visit)
    flash(
        _(
            "We have told the owners of %(company)s. The service stays yours until "
            "they accept.",
            company=offered.receiver_name,
        ),
        "success",
    )
    target = url_for(_OFFER, company_id=company, service_id=service)
    return redirect(target, code=303)


@bp.get("/handovers/<handover_id>")
@signed_in
def show_handover(company_id: str, handover_id: str) -> ResponseReturnValue:
    """What is offered, as either side sees it."""
    company = read_uuid(company_id)
    page = begin_page(acts_for=company, at="services")
    wanted = HandoverRequest(handover_id=read_uuid(handover_id))
    page.ask("it", GET_HANDOVER, wanted)
    it: Handover | None = page.answer("it")
    return page.show(
        "services/handover.html",
        company_id=company,
        is_receiver=it is not None and it.receiver_id == company,
        obstacles={_why(code) for code in it.obstacles} if it else set(),
        needs_wallet=it is not None and "handover_no_wallet" in it.obstacles,
        form=PageForm(formdata=None),
    )


@bp.post("/handovers/<handover_id>/accept")
@form_on(_PAGE)
@signed_in
def accept(company_id: str, handover_id: str) -> ResponseReturnValue:
    return _answer(company_id, handover_id, ACCEPT_HANDOVER)


@bp.post("/handovers/<handover_id>/decline")
@form_on(_PAGE)
@signed_in
def decline(company_id: str, handover_id: str) -> ResponseReturnValue:
    return _answer(company_id, handover_id, DECLINE_HANDOVER)


@bp.post("/handovers/<handover_id>/withdraw")
@form_on(_PAGE)
@signed_in
def withdraw(company_id: str, handover_id: str) -> ResponseReturnValue:
    return _answer(company_id, handover_id, WITHDRAW_HANDOVER)


def _why(code: str) -> str:
    """Why the receiver can't accept; the giver's debts are none of their business."""
    if code in _OF_GIVER:
        return _("The other company can't hand the service over right now.")
    return sentence(Conflict(code))


def _answer(
    company_id: str, handover_id: str, method: Method[HandoverRequest, Handover]
) -> ResponseReturnValue:
    """Answer an offer, and lead back to its page."""
    company, handover = read_uuid(company_id), read_uuid(handover_id)
    visit = visit_company(company)
    visit.require_live_session()
    try:
        visit.start(method, HandoverRequest(handover_id=handover)).result()
    except Conflict as refusal:
        prepare_reader(visit)
        is_answer = method is not WITHDRAW_HANDOVER
        words = _why(refusal.code) if is_answer else sentence(refusal)
        flash(words, "danger")
    target = url_for(_PAGE, company_id=company, handover_id=handover)
    return redirect(target, code=303)
