"""Forms: what was entered, what is wrong with it, and the change made once.

A form is a class of WTForms fields. `show` of components/form.html shows it whole, and
`show_field` one field of it: label, hint (WTForms' ``description``), value and error.
Rules of the business are the services': a form takes text, and `refuse` puts what a
service says beside the field that it is about.

A `ChangeForm` changes something, a `FilterForm` narrows a list.

A change takes effect once, however often its form is sent: its key is made when the
form is shown and goes with the call. The form shown again keeps its key, since the call
may have taken effect without an answer.
"""

import secrets
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, ClassVar, Self
from uuid import UUID

from babel import Locale
from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import DateField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput, SearchInput

from shared.contract import Method, RequestT, ResponseT
from shared.contracts import identity
from shared.errors import ContractError, InvalidInput
from shared.money import Money
from web.language.amounts import (
    MAX_LENGTH,
    read_amount,
    read_amount_or_zero,
    write_amount,
)
from web.language.locale import reader_locale
from web.language.refusals import LazySentence
from web.page.visit import Visit, visit_company

FORM_EXPIRED = _(
    "That form has expired. Nothing was changed. Check your entries and send it again."
)

_USED_UP = frozenset({"idempotency_key_reused", "idempotency_key_missing"})
_LONGEST_KEY = 100
_LONGEST_TYPED = 100
_LONGEST_DAY = 20
_TOO_MANY_DIGITS = 10
_REFUSED_FILTERS = frozenset({"bad_day", "search_too_long", "search_too_slow"})
_AMOUNT_CODES = (
    "amount_missing",
    "amount_negative",
    "amount_zero",
    "amount_too_long",
    "amount_not_understood",
    "amount_too_fine",
    "bad_amount",
)

_CLASSES = {
    "CheckboxInput": "form-check-input",
    "RadioInput": "form-check-input",
    "Select": "form-select",
}


def about_new_password(field: str) -> dict[str, str]:
    """Return the codes by which a password is refused, for ``refusals`` of a form."""
    return dict.fromkeys(identity.passwords.REFUSALS, field)


def new_password_field() -> PasswordField:
    """Make the field of a password to be set, which is asked for once.

    It has no greatest length: a pasted password must not be cut silently.
    """
    return PasswordField(
        _("New password"),
        [InputRequired(_("Enter a new password."))],
        description=_(
            "At least 10 characters. Several words that don't belong together are "
            "long and easy to remember."
        ),
        render_kw={"autocomplete": "new-password"},
    )


def new_form_key() -> str:
    return secrets.token_urlsafe(18)


def about_amount(field: str) -> dict[str, str]:
    """Return the codes by which an amount is refused, for ``refusals`` of a form."""
    return dict.fromkeys(_AMOUNT_CODES, field)


class PageForm(FlaskForm):  # type: ignore[misc]
    """A form of a page.

    ``of`` ends the ids of its fields, where one page has several such forms.
    ``status`` is that of the answer which shows it. ``refusals`` names the field that
    a refusal is about by its code; ``about`` is the field of every other one.
    """

    refusals: ClassVar[Mapping[str, str]] = {}
    about: ClassVar[str] = ""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = False
        """web/site/csrf.py checks each form before its view runs."""

        def render_field(self, field: Any, render_kw: dict[str, Any]) -> Any:
            return super().render_field(field, _attributes(field, render_kw))

    def __init__(self, *, of: str = "", **kwargs: Any) -> None:
        super().__init__(**{"formdata": _sent(), **kwargs})
        self.status = 200
        for field in self:
            field.id = "-".join(filter(None, ("field", field.short_name, of)))

    @classmethod
    def expired(cls) -> Self:
        """Return the form that was sent, after it has expired."""
        form = cls()
        form.form_errors.append(FORM_EXPIRED)
        form.status = HTTPStatus.BAD_REQUEST
        return form

    @property
    def hidden(self) -> list[Any]:
        """Return the hidden fields."""
        return [field for field in self if isinstance(field.widget, HiddenInput)]

    @property
    def visible(self) -> list[Any]:
        return [field for field in self if not isinstance(field.widget, HiddenInput)]

    @property
    def field_errors(self) -> list[tuple[str, str]]:
        """Return the errors of fields, each with the id of its field."""
        return [(field.id, words) for field in self.visible for words in field.errors]

    def refuse(self, refusal: ContractError) -> Self:
        """Put a refusal beside its field, or on top where it is about none.

        ``refusals`` names the field by the refusal's code, and its own parameter
        ``field`` does; else it is ``about``. The sentence is in the language of the
        reader, who is known when the form is shown.
        """
        own = str(refusal.parameters.get("field", ""))
        name = self.refusals.get(refusal.code) or own or self.about
        words = LazySentence(refusal)
        if field := next((f for f in self.visible if f.short_name == name), None):
            field.errors = [*field.errors, words]
        else:
            self.form_errors.append(words)
        self.status = refusal.http_status
        return self


class KeyField(HiddenField):  # type: ignore[misc]
    """The form's key: a new one, or the one that was sent."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0][:_LONGEST_KEY] if valuelist else ""


class ChangeForm(PageForm):
    """A form that changes something, once.

    ``company`` is the id of the company that the form was made for, where it is
    not in the address.
    """

    company = HiddenField()
    form_key = KeyField(default=new_form_key)

    @classmethod
    def from_address(cls, **kwargs: Any) -> Self:
        """Fill the form in from the address, which brings no key."""
        form = cls(formdata=request.args, **kwargs)
        form.form_key.data = new_form_key()
        return form

    def refuse(self, refusal: ContractError) -> Self:
        self.renew_used_key(refusal)
        return super().refuse(refusal)

    def renew_used_key(self, refusal: ContractError) -> None:
        """Make another key where this one is of another change, or is missing."""
        if refusal.code in _USED_UP:
            self.form_key.data = new_form_key()

    def change(
        self, company_id: UUID, method: Method[RequestT, ResponseT], arguments: RequestT
    ) -> ResponseT:
        """Make the change as a member of a company that the address names.

        Raises what a `Visit` and the method raise.
        """
        visit = visit_company(company_id)
        visit.require_live_session()
        return self.send(visit, method, arguments)

    def send(
        self, visit: Visit, method: Method[RequestT, ResponseT], arguments: RequestT
    ) -> ResponseT:
        """Make the change in a visit whose session has been checked."""
        key = self.form_key.data or None
        return visit.start(method, arguments, idempotency_key=key).result()


class DayField(DateField):  # type: ignore[misc]
    """A day that may be left out; one that can't be read counts as left out, too."""

    data: date | None

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], **kwargs)

    def _value(self) -> str:
        """Return what is shown: a browser takes a day only, and warns of all else."""
        return self.data.isoformat() if self.data else ""

    def check(self) -> None:
        """Check that what was typed is a day.

        Raises:
            InvalidInput: ``bad_day`` with ``value`` and the name of the ``field``.
        """
        typed = " ".join(self.raw_data or ()).strip()
        if typed and self.data is None:
            names = {"field": self.short_name, "value": typed[:_LONGEST_DAY]}
            raise InvalidInput("bad_day", parameters=names)


class SearchField(StringField):  # type: ignore[misc]
    widget = SearchInput()
    attributes: ClassVar = {"maxlength": 200, "autocomplete": "off"}
    data: str

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], filters=[_strip], **kwargs)


class LinkField(HiddenField):  # type: ignore[misc]
    """A filter that links set."""

    data: str

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default="", filters=[_strip], **kwargs)


class FilterForm(PageForm):
    """Narrows a list, by GET: its fields are the parameters of its address.

    A list with a search names it ``q``.
    """

    refusals: ClassVar = {"search_too_long": "q", "search_too_slow": "q"}

    after = HiddenField(default="")
    """The position in the list, which another filter begins at its start."""

    def __init__(
        self, address: MultiDict[str, str] | None = None, *, of: str = ""
    ) -> None:
        super().__init__(of=of, formdata=request.args if address is None else address)

    def check(self) -> None:
        """Check what was typed.

        Raises:
            InvalidInput: ``bad_day``, as `DayField.check` does.
        """
        for field in self:
            if isinstance(field, DayField):
                field.check()

    def refuse(self, refusal: ContractError) -> Self:
        """Put a refusal beside its field.

        Raises:
            ContractError: the refusal, if it is not about what people type.
        """
        if refusal.code not in _REFUSED_FILTERS:
            raise refusal
        return super().refuse(refusal)

    def kept_beside(self, *shown: str) -> list[Any]:
        """Return the fields that are sent along where only ``shown`` are shown."""
        left_out = {*shown, "after"}
        given = [field for field in self if any(field.raw_data or ())]
        return [field for field in given if field.short_name not in left_out]


class PeriodForm(FilterForm):
    """Narrows a list to days, both included."""

    about = "from"
    first_day = DayField(_("From"), name="from")
    last_day = DayField(_("To"), name="to")

    def days(self) -> tuple[date | None, date | None]:
        """Return the days, in their order whichever was entered where."""
        first, last = self.first_day.data, self.last_day.data
        return (last, first) if first and last and last < first else (first, last)

    @property
    def refused_days(self) -> list[Any]:
        """Return the fields of days that have errors."""
        return [field for field in (self.first_day, self.last_day) if field.errors]


class MoneyField(StringField):  # type: ignore[misc]
    """An amount as it is typed. Its currency may be another field's: see `read`."""

    attributes: ClassVar = {"inputmode": "decimal", "maxlength": MAX_LENGTH}
    data: str | None

    def process_data(self, value: Money | str | None) -> None:
        locale: Locale = reader_locale()
        self.data = write_amount(value, locale) if isinstance(value, Money) else value

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep what was typed, cut to a length that no amount has."""
        self.data = valuelist[0][:_LONGEST_TYPED] if valuelist else self.data

    def read(self, currency: str, *, may_be_zero: bool = False) -> Money:
        """Read the amount in the language of its reader.

        Raises:
            InvalidInput: as `read_amount` and `read_amount_or_zero` do.
        """
        read = read_amount_or_zero if may_be_zero else read_amount
        locale: Locale = reader_locale()
        return read(self.data or "", currency, locale)


class WholeNumberField(StringField):  # type: ignore[misc]
    """A number as it is typed, in digits."""

    attributes: ClassVar = {"inputmode": "numeric"}
    data: str | None

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0][:_LONGEST_TYPED] if valuelist else self.data

    def read(self, refused_as: str) -> int:
        """Read the number.

        Raises:
            InvalidInput: ``refused_as``.
        """
        typed = (self.data or "").strip()
        if not (typed.isascii() and typed.isdigit() and len(typed) < _TOO_MANY_DIGITS):
            raise InvalidInput(refused_as)
        return int(typed)


def _strip(text: str | None) -> str:
    return (text or "").strip()


def _sent() -> MultiDict[str, str] | None:
    """Return the fields that were sent, all of them text.

    Flask-WTF would also take files and JSON, whose values can be anything.
    """
    return (request.form or None) if request.method == "POST" else None


def _attributes(field: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Return the HTML attributes of a field's element."""
    hint = given.pop("hint", "") or field.description
    described = [
        f"{field.id}-{part}"
        for part, words in (("error", field.errors), ("hint", hint))
        if words
    ]
    classes = [_CLASSES.get(type(field.widget).__name__, "form-control")]
    if field.errors:
        classes.append("is-invalid")
    attributes = {"class": " ".join(classes), **getattr(field, "attributes", {})}
    if not field.flags.optional and field.type != "BooleanField":
        attributes["required"] = True
    if field.errors:
        attributes["aria-invalid"] = "true"
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return {**attributes, **given}
