"""The forms of signing up: an email, and everything else by the mailed link."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import EmailInput

from web.language.places import country_choices
from web.page.forms import PageForm, about_new_password, new_password_field


class Kind(Enum):
    BUSINESS = "business"
    PRIVATE = "private"


_KINDS = {Kind.BUSINESS.value: _("Business"), Kind.PRIVATE.value: _("Private person")}


class EmailForm(PageForm):
    about: ClassVar[str] = "email"

    email = StringField(
        _("Email"),
        [InputRequired(_("Enter your email address.")), Length(max=254)],
        widget=EmailInput(),
        render_kw={"autocomplete": "email"},
    )


class OfBusiness:
    """A private person may leave it empty; a business may not."""

    field_flags: ClassVar = {"optional": True}

    def __call__(self, form: "SignUpForm", field: StringField) -> None:
        if form.is_business and not (field.data or "").strip():
            raise ValidationError(_("Enter the company's legal name."))


class SignUpForm(PageForm):
    """``terms_version`` is that of the terms which the page showed."""

    refusals: ClassVar[Mapping[str, str]] = {
        "bad_country": "country",
        "terms_changed_meanwhile": "terms",
        "too_many_passwords": "new",
        **about_new_password("new"),
    }

    terms_version = HiddenField()
    name = StringField(
        _("Your name"),
        [InputRequired(_("Enter your name."))],
        render_kw={"autocomplete": "name", "maxlength": 120},
    )
    new = new_password_field()
    kind = SelectField(_("You sign up as"), render_kw={"autocomplete": "off"})
    company_name = StringField(
        _("Legal name"),
        [OfBusiness()],
        description=_("Of the company, as on its invoices. Private: your own name."),
        render_kw={"autocomplete": "organization", "maxlength": 200},
    )
    country = SelectField(
        _("Country"),
        [InputRequired(_("Choose a country."))],
        description=_("Determines the VAT rate."),
        render_kw={"autocomplete": "country"},
    )
    terms = BooleanField(
        _("I accept the terms"),
        [InputRequired(_("Accept the terms to open an account."))],
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = [SelectChoice(*each) for each in _KINDS.items()]
        countries = country_choices()
        is_known = self.country.data in dict(countries)
        none = () if is_known else (("", _("Choose one")),)
        self.country.choices = [SelectChoice(*each) for each in (*none, *countries)]

    @property
    def is_business(self) -> bool:
        return bool(self.kind.data != Kind.PRIVATE.value)
