"""The page that an invitation's link leads to, for people with and without an account.

Opening the link changes nothing, since programs that scan mail open links as well.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from wtforms import StringField
from wtforms.validators import InputRequired

from shared.contracts import identity
from shared.contracts.identity.members.invitations import (
    ACCEPT_INVITATION,
    DECLINE_INVITATION,
    JOIN_COMPANY,
    OPEN_INVITATION,
    AcceptedInvitation,
    InvitationState,
    JoinCompany,
    JoinedCompany,
)
from shared.contracts.identity.members.links import OpenLink
from shared.errors import (
    Conflict,
    ContractError,
    InvalidInput,
    NotFound,
    Throttled,
    Unavailable,
)
from web.auth.turns import TURNS
from web.auth.views import log_in_as
from web.language.locale import sentence_locale
from web.language.refusals import retry_after, sentence
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.forms import PageForm, about_new_password, new_password_field
from web.page.session.signed_in import signed_in
from web.page.visit import Visit, begin_visit, set_principal_cookie

bp = Blueprint("joining", __name__, url_prefix="/invitations")

_PAGE = "joining.show"


class JoinForm(PageForm):
    refusals: ClassVar[Mapping[str, str]] = {
        "bad_name": "name",
        "too_many_passwords": "new",
        **about_new_password("new"),
    }

    name = StringField(
        lazy_gettext("Your name"),
        [InputRequired(lazy_gettext("Enter your name."))],
        render_kw={"autocomplete": "name", "maxlength": 120},
    )
    new = new_password_field()


@bp.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    return _show(token, JoinForm(formdata=None))


def _show(token: str, form: JoinForm) -> tuple[str, int, Mapping[str, str]]:
    try:
        invitation = call_public(OPEN_INVITATION, _link(token))
    except (NotFound, Throttled) as refusal:
        return _show_useless(refusal)
    page = render_template(
        "members/invitation.html",
        token=token,
        invitation=invitation,
        reader=_reader(),
        form=form,
        plain=PageForm(formdata=None),
    )
    return page, form.status, {}


def _typed_again(token: str) -> ResponseReturnValue:
    """The form with the name, after it has expired."""
    return _show(token, JoinForm.expired())


@bp.post("/<token>/join")
@form_on(_PAGE, again=_typed_again, needs_sign_in=False)
def join(token: str) -> ResponseReturnValue:
    """Make the account of the address, and log in with it."""
    form = JoinForm()
    if not form.validate():
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show(token, form)
    try:
        joined = _join(token, form.name.data or "", form.new.data or "")
    except NotFound as refusal:
        return _show_useless(refusal)
    except (InvalidInput, Conflict, Throttled, Unavailable) as refusal:
        page, status, _ = _show(token, form.refuse(refusal))
        return page, status, retry_after(refusal)
    try:
        return log_in_as(joined.email, form.new.data or "")
    except (Throttled, Unavailable):
        return _lead_to_login(joined)


@bp.post("/<token>/join-existing")
@form_on(_PAGE, needs_sign_in=False)
def join_existing(token: str) -> ResponseReturnValue:
    """Join with an account that has no company, and so can't log in before."""
    try:
        joined = _join(token, "", "")
    except (NotFound, Throttled) as refusal:
        return _show_useless(refusal)
    except Conflict as refusal:
        return _show(token, JoinForm(formdata=None).refuse(refusal))
    return _lead_to_login(joined)


@bp.post("/<token>/accept")
@form_on(_PAGE)
@signed_in
def accept(token: str) -> ResponseReturnValue:
    visit = Visit(current_user.get_id())
    visit.require_live_session()
    try:
        accepted = visit.start(ACCEPT_INVITATION, _link(token)).result()
    except (NotFound, Throttled) as refusal:
        return _show_useless(refusal)
    except Conflict:
        flash(gettext("You are already a member of this company."), "info")
        return redirect(url_for("dashboard.dashboard"), code=303)
    if accepted.state is InvitationState.ASKS:
        name = accepted.company_name
        words = gettext(
            "We asked %(company)s. You get a mail once they approve.", company=name
        )
        flash(words, "info")
        return redirect(url_for("dashboard.dashboard"), code=303)
    return _enter_company(accepted)


@bp.post("/<token>/decline")
@form_on(_PAGE, needs_sign_in=False)
def decline(token: str) -> ResponseReturnValue:
    try:
        call_public(DECLINE_INVITATION, _link(token))
    except (NotFound, Throttled) as refusal:
        return _show_useless(refusal)
    return render_template("members/declined.html")


def _link(token: str) -> OpenLink:
    return OpenLink(token=token, address=request.remote_addr or "")


def _reader() -> identity.people.User | None:
    """Return who is logged in, if anybody is."""
    if not current_user.is_authenticated:
        return None
    visit = begin_visit()
    method, arguments = identity.people.GET_ACCOUNT, identity.people.GetAccount()
    return visit.read(method, arguments).user


def _join(token: str, name: str, password: str) -> JoinedCompany:
    arguments = JoinCompany(
        token=token,
        address=request.remote_addr or "",
        name=name,
        password=password,
        locale=str(sentence_locale()).replace("_", "-"),
    )
    with TURNS.turn():
        return call_public(JOIN_COMPANY, arguments)


def _lead_to_login(joined: JoinedCompany) -> ResponseReturnValue:
    name = joined.company_name
    words = gettext("You are a member of %(company)s. Log in now.", company=name)
    flash(words, "success")
    return redirect(url_for("auth.log_in"), code=303)


def _enter_company(accepted: AcceptedInvitation) -> ResponseReturnValue:
    arguments = identity.signing_in.SwitchCompany(
        token=current_user.get_id(), company_id=accepted.company_id
    )
    session = call_public(identity.signing_in.SWITCH_COMPANY, arguments)
    name = accepted.company_name
    flash(gettext("You are a member of %(company)s now.", company=name), "success")
    target = url_for("dashboard.dashboard", company=None)
    response = current_app.make_response(redirect(target, code=303))
    set_principal_cookie(response, session.principal)
    return response


def _show_useless(refusal: ContractError) -> tuple[str, int, Mapping[str, str]]:
    """The link opens nothing; the person who sent it can send another one."""
    page = render_template(
        "members/useless_link.html", code=refusal.code, refused=sentence(refusal)
    )
    return page, refusal.http_status, retry_after(refusal)
