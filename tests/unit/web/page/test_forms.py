"""A form: what was entered, what is wrong with it, and the key of its change."""

from datetime import date
from io import BytesIO
from typing import ClassVar

import pytest
from flask import Flask
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Optional

from shared.errors import Conflict, InvalidInput, Unavailable
from shared.money import Money
from web.page.forms import (
    ChangeForm,
    LinkField,
    MoneyField,
    PageForm,
    PeriodForm,
    SearchField,
    WholeNumberField,
    about_amount,
)


class Example(ChangeForm):
    refusals: ClassVar = {**about_amount("net"), "bad_days": "days"}

    net = MoneyField("Net amount", description="Before tax.")
    currency = SelectField("Currency", choices=["EUR", "JPY"])
    days = WholeNumberField("Days")
    note = StringField("Note", [Optional()])
    agreed = BooleanField("Agreed")


def sent(app: Flask, **fields: str) -> Example:
    """Read the form from a request."""
    with app.test_request_context("/", method="POST", data=fields):
        return Example()


def about(field: str) -> InvalidInput:
    return InvalidInput("bad_name", parameters={"field": field, "max_length": 9})


@pytest.mark.parametrize(
    ("refusal", "field"),
    [
        (InvalidInput("amount_zero"), "net"),
        (InvalidInput("bad_days"), "days"),
        (about("note"), "note"),
        (Conflict("other_company"), None),
        # A hidden field has no place for an error.
        (about("company"), None),
    ],
)
def test_a_refusal_is_shown_beside_its_field_or_on_top(
    pieces_app: Flask, refusal: InvalidInput | Conflict, field: str | None
) -> None:
    form = sent(pieces_app, net="0")
    with pieces_app.test_request_context("/"):
        form.refuse(refusal)

    assert form.status == refusal.http_status
    assert [name for name, _ in form.field_errors] == (
        [f"field-{field}"] if field else []
    )
    assert len(form.form_errors) == (0 if field else 1)


def test_what_a_form_knows_no_place_for_is_about_its_field(pieces_app: Flask) -> None:
    class OneField(PageForm):
        about = "number"
        number = StringField()

    with pieces_app.test_request_context("/"):
        form = OneField()
        form.refuse(Unavailable("away"))

    assert form.field_errors[0][0] == "field-number"
    assert form.status == 503


@pytest.mark.parametrize(
    ("key", "code", "is_kept"),
    [
        ("a-key", "service_unreachable", True),
        ("a-key", "amount_zero", True),
        ("a-key", "idempotency_key_reused", False),
        ("", "idempotency_key_missing", False),
    ],
)
def test_the_key_stays_unless_it_is_used_up(
    pieces_app: Flask, key: str, code: str, *, is_kept: bool
) -> None:
    form = sent(pieces_app, form_key=key)
    with pieces_app.test_request_context("/"):
        form.refuse(Conflict(code))

    assert form.form_key.data
    assert (form.form_key.data == key) is is_kept


@pytest.mark.parametrize("net", [BytesIO(b"5"), 5, {"a": 1}])
def test_a_field_that_is_not_text_counts_as_not_sent(
    pieces_app: Flask, net: object
) -> None:
    data = {"net": (net, "net.txt")} if isinstance(net, BytesIO) else None
    json = None if data else {"net": net}
    with pieces_app.test_request_context("/", method="POST", data=data, json=json):
        form = Example()

    assert form.net.data is None


def test_an_address_fills_in_the_form_but_brings_no_key(pieces_app: Flask) -> None:
    with pieces_app.test_request_context("/?net=12,50&form_key=theirs"):
        form = Example.from_address()

    assert form.net.data == "12,50"
    assert form.form_key.data not in {"theirs", ""}


@pytest.mark.parametrize(
    ("language", "typed", "read"), [("en", "12.50", "12.50"), ("de", "12,50", "12.50")]
)
def test_an_amount_is_written_and_read_in_the_readers_language(
    pieces_app: Flask, language: str, typed: str, read: str
) -> None:
    headers = {"Accept-Language": language}
    with pieces_app.test_request_context("/", headers=headers):
        form = Example(net=Money(read, "EUR"))
        assert form.net.data == typed
        assert form.net.read("EUR") == Money(read, "EUR")


def test_a_field_says_what_is_wrong_with_it_to_everybody(pieces_app: Flask) -> None:
    with pieces_app.test_request_context("/"):
        form = Example(of="EUR", net="<b>")
        form.refuse(InvalidInput("amount_zero"))
        html = str(form.net())
        optional, check = str(form.note()), str(form.agreed())

    assert 'id="field-net-EUR"' in html
    assert 'aria-describedby="field-net-EUR-error field-net-EUR-hint"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="form-control is-invalid"' in html
    assert 'inputmode="decimal"' in html
    assert 'value="&lt;b&gt;"' in html
    assert "required" in html
    assert "required" not in optional + check


@pytest.mark.parametrize(
    "typed", ["", "x", "-1", "1.5", "\u0663", "9" * 10, "9" * 10_000]
)
def test_a_number_that_is_none_is_refused(pieces_app: Flask, typed: str) -> None:
    form = sent(pieces_app, days=typed)

    with pytest.raises(InvalidInput, match="bad_days"):
        form.days.read("bad_days")


def test_one_macro_shows_all_of_a_form(pieces_app: Flask) -> None:
    template = '{% from "components/form.html" import show %}{{ show(form) }}'
    with pieces_app.test_request_context("/"):
        form = Example(company="of-ours", note="<i>")
        form.refuse(Conflict("other_company"))
        form.refuse(InvalidInput("amount_zero"))
        typed = {"field": "note", "value": "<i>"}
        form.refuse(InvalidInput("bad_day", parameters=typed))
        html = pieces_app.jinja_env.from_string(template).render(form=form)

    assert 'type="hidden" name="csrf_token" value="' in html
    assert 'type="hidden" name="company" value="of-ours"' in html
    assert f'type="hidden" name="form_key" value="{form.form_key.data}"' in html
    for name in ("net", "currency", "days", "note", "agreed"):
        assert f'for="field-{name}"' in html
    assert 'id="field-net-error"' in html
    assert 'id="field-net-hint"' in html
    assert html.count('role="alert"') == 1
    assert "“&lt;i&gt;”" in html
    assert "<i>" not in html


class Filters(PeriodForm):
    search = SearchField("Search", name="q")
    state = LinkField()


def filters(app: Flask, address: str) -> Filters:
    with app.test_request_context(f"/?{address}"):
        return Filters()


def test_days_in_the_wrong_order_mean_the_days_between_them(pieces_app: Flask) -> None:
    form = filters(pieces_app, "from=2026-11-22&to=2026-11-20")

    assert form.days() == (date(2026, 11, 20), date(2026, 11, 22))


@pytest.mark.parametrize("typed", ["tomorrow", "2026-02-30", "%00", "9" * 1_000])
def test_what_is_not_a_day_is_refused_beside_its_field(
    pieces_app: Flask, typed: str
) -> None:
    form = filters(pieces_app, f"to={typed}&from=2026-11-22")

    with pytest.raises(InvalidInput, match="bad_day") as refusal:
        form.check()

    form.refuse(refusal.value)
    assert [field.short_name for field in form.refused_days] == ["to"]
    assert form.days() == (date(2026, 11, 22), None)
    assert form.status == 422


def test_a_form_of_filters_keeps_the_others_but_not_the_page(pieces_app: Flask) -> None:
    form = filters(pieces_app, "q=web&from=&to=2026-11-22&state=paid&after=cursor")

    kept = {field.name: field.data for field in form.kept_beside("q")}
    assert kept == {"to": date(2026, 11, 22), "state": "paid"}


def test_filters_take_no_refusal_that_is_about_a_link(pieces_app: Flask) -> None:
    form = filters(pieces_app, "state=nonsense")

    with pytest.raises(InvalidInput, match="unknown_choice"):
        form.refuse(InvalidInput("unknown_choice", parameters={"field": "state"}))
