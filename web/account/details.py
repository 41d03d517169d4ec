"""One's own details: name, language and time zone."""

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import SelectChoice, SelectField, StringField

from shared.contracts.identity.people import (
    CHANGE_ACCOUNT,
    GET_ACCOUNT,
    Account,
    ChangeAccount,
    GetAccount,
    User,
    VerificationState,
    VerificationStep,
)
from shared.errors import InvalidInput, Unavailable
from web.language.locale import read_for
from web.language.places import language_choices, time_zone_choices
from web.page.addresses import form_on
from web.page.forms import PageForm
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.visit import Visit, begin_visit

bp = Blueprint("details", __name__, url_prefix="/account/details")

_PAGE = "details.edit"


class DetailsForm(PageForm):
    name = StringField(_("Name"), render_kw={"autocomplete": "name", "maxlength": 120})
    locale = SelectField(
        _("Language"),
        description=_(
            "Also sets how dates and amounts are written. Texts that we have not "
            "translated yet are in English."
        ),
        render_kw={"autocomplete": "language"},
    )
    time_zone = SelectField(
        _("Time zone"),
        description=_("Times on our pages and in our mails are in this time zone."),
        render_kw={"autocomplete": "off"},
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        offered = {
            self.locale: language_choices(self.locale.data or ""),
            self.time_zone: time_zone_choices(self.time_zone.data or ""),
        }
        for field, choices in offered.items():
            is_known = field.data in dict(choices)
            none = () if is_known else (("", _("Choose one")),)
            field.choices = [SelectChoice(*each) for each in (*none, *choices)]

    @classmethod
    def of(cls, user: User) -> "DetailsForm":
        return cls(
            formdata=None, name=user.name, locale=user.locale, time_zone=user.time_zone
        )

    def arguments(self) -> ChangeAccount:
        return ChangeAccount(
            name=self.name.data or "",
            locale=self.locale.data or "",
            time_zone=self.time_zone.data or "",
        )


@bp.get("")
@signed_in
def edit() -> ResponseReturnValue:
    return _show(None)


def _edit_again() -> ResponseReturnValue:
    """Show the page with the entries, after the form has expired."""
    return _show(DetailsForm.expired())


@bp.post("")
@form_on(_PAGE, again=_edit_again)
@signed_in
def save() -> ResponseReturnValue:
    form, visit = DetailsForm(), begin_visit()
    try:
        visit.require_live_session()
        saved = visit.start(CHANGE_ACCOUNT, form.arguments()).result()
    except (InvalidInput, Unavailable) as refusal:
        form.refuse(refusal)
        return _show(form, visit)
    read_for(saved)
    flash(gettext("Your details are saved."), "success")
    return redirect(url_for("account.account"), code=303)


def _show(form: DetailsForm | None, visit: Visit | None = None) -> tuple[str, int]:
    page = begin_page(visit=visit)
    page.ask("account", GET_ACCOUNT, GetAccount(), optional=form is not None)
    account: Account | None = page.answer("account")
    if form is None and account is not None:
        form = DetailsForm.of(account.user)
    return page.show(
        "account/details.html",
        status=form.status if form else 200,
        form=form,
        is_name_verified=_is_name_verified(account),
    )


def _is_name_verified(account: Account | None) -> bool:
    return account is not None and any(
        it.step is VerificationStep.IDENTITY_DOCUMENT
        and it.state is VerificationState.VERIFIED
        for it in account.verifications
    )
