"""Made-up forms for the page of all pieces: with errors, and filled in."""

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import EmailInput

from shared.errors import InvalidInput
from web.dev import samples
from web.page.forms import ChangeForm, LinkField, PeriodForm, SearchField


class RefusedForm(ChangeForm):
    email = StringField(
        "Email",
        widget=EmailInput(),
        description="We write to it when the balance is low.",
        render_kw={"autocomplete": "email"},
    )
    password = PasswordField("Password", render_kw={"autocomplete": "current-password"})
    country = SelectField(
        "Country", choices={"": "Choose", "DE": "Germany", "PL": "Poland"}
    )
    terms = BooleanField("I have read the terms")

    @classmethod
    def made_up(cls) -> "RefusedForm":
        form = cls(formdata=None, email=samples.EMOJI_NAME, password="a secret")  # noqa: S106  nobody's
        form.form_errors.append("Too many attempts. Wait a minute.")
        errors = {
            "email": "Enter an email address.",
            "password": "Enter your password.",
            "country": "Choose a country.",
            "terms": "Confirm that you have.",
        }
        for name, words in errors.items():
            form[name].errors = [words]
        return form


class FilledForm(ChangeForm):
    name = StringField("Name")
    vat = StringField(
        "VAT ID", [Optional()], description="With the prefix of its country."
    )
    why = TextAreaField("Reason", [Optional()], render_kw={"rows": 4})
    period = SelectField("Period", choices={"month": "per month", "year": "per year"})
    newsletter = BooleanField("Write to me about maintenance")

    @classmethod
    def made_up(cls) -> "FilledForm":
        return cls(
            formdata=None,
            name=samples.RTL_NAME,
            vat="DE1234567",
            why=samples.LONG_NAME,
            period="year",
            newsletter=True,
        )


class Filters(PeriodForm):
    search = SearchField("Search by name, reference or plan", name="q")
    state = LinkField()

    @classmethod
    def made_up(cls) -> "Filters":
        address = {"q": "web", "state": "active", "from": "2026-01-01"}
        return cls(MultiDict(address), of="used")

    @classmethod
    def refused(cls) -> "Filters":
        form = cls(MultiDict({"to": "tomorrow"}), of="refused")
        form.refuse(
            InvalidInput("bad_day", parameters={"field": "to", "value": "tomorrow"})
        )
        return form
