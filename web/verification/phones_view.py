"""What the Verification Center shows of a person's mobile number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, StringField

from shared.contracts.identity.verification.phones import (
    GET_PHONE,
    AwaitedPhone,
    GetPhone,
    Phone,
)
from web.language.locale import country_name
from web.page.authenticator_apps import CodeField
from web.page.context import context
from web.page.forms import ChangeForm, PageForm
from web.page.page import Page

_NAME = "phone"
_LONGEST = 40


class NumberForm(ChangeForm):
    about: ClassVar = "number"
    number = StringField(
        _("Mobile number"),
        render_kw={
            "type": "tel",
            "autocomplete": "tel",
            "maxlength": _LONGEST,
            "placeholder": "+49 151 23456789",
        },
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number.data = (self.number.data or "")[:_LONGEST]


class AgainForm(ChangeForm):
    """A button that sends another code to the same number."""

    number = HiddenField()


class PhoneCodeForm(PageForm):
    refusals: ClassVar = {
        "wrong_phone_code": "code",
        "phone_code_ended": "code",
        "phone_in_use": "code",
    }
    code = CodeField(_("Code from the text message"))


@dataclass(frozen=True)
class PhoneForms:
    """The forms of the step; one of them may have been sent."""

    number: NumberForm = field(default_factory=lambda: NumberForm(formdata=None))
    code: PhoneCodeForm = field(default_factory=lambda: PhoneCodeForm(formdata=None))
    removal: PageForm = field(default_factory=lambda: PageForm(formdata=None))

    @property
    def status(self) -> int:
        return max(self.number.status, self.code.status, self.removal.status)


@dataclass(frozen=True)
class PhoneView:
    """``countries`` are names.

    ``again`` is the button once another code can be sent, ``again_at`` when that is.
    """

    phone: Phone
    forms: PhoneForms
    countries: Sequence[str]
    again: AgainForm | None
    again_at: datetime | None

    @property
    def awaited(self) -> AwaitedPhone | None:
        return self.phone.awaited


def ask_for_phone(page: Page, *, optional: bool = True) -> None:
    """Ask for the reader's number; ``optional`` where the page is about more."""
    page.ask(_NAME, GET_PHONE, GetPhone(), optional=optional)


def phone_of(page: Page, forms: PhoneForms | None = None) -> PhoneView | None:
    """Wait for the number; None if it can't be loaded."""
    phone: Phone | None = page.answer(_NAME)
    if phone is None:
        return None
    again_at = phone.awaited.again_at if phone.awaited else None
    waits = again_at is not None and again_at > context().clock.now()
    again = None
    if phone.awaited and not waits:
        again = AgainForm(formdata=None, number=phone.awaited.number)
    return PhoneView(
        phone=phone,
        forms=forms or PhoneForms(),
        countries=sorted(map(country_name, phone.countries)),
        again=again,
        again_at=again_at if waits else None,
    )
