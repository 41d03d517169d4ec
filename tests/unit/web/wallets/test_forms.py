"""Which form of which wallet is shown, and with what."""

from uuid import UUID

import pytest
from flask import Flask

from shared.contracts.billing.wallets import WalletView
from tests.fixtures.documents import money
from tests.fixtures.fake_services import OURS
from web.wallets.forms import (
    AddWalletForm,
    BufferForm,
    PrimaryForm,
    typed_form,
    with_forms,
)


def wallet(currency: str, *, is_primary: bool = False) -> WalletView:
    return WalletView(
        id=UUID(int=1),
        company_id=OURS,
        currency=currency,
        is_primary=is_primary,
        balance=money("5", currency),
        credit_limit=money("0", currency),
        comfort_buffer=money("12.50", currency),
        horizon_days=30,
    )


WALLETS = [wallet("EUR", is_primary=True), wallet("USD")]


def test_each_wallet_has_its_own_forms_but_the_primary_one_no_button(
    pieces_app: Flask,
) -> None:
    with pieces_app.test_request_context("/"):
        euros, dollars = with_forms(WALLETS, None)

    assert euros.primary is None
    assert dollars.primary is not None
    assert dollars.primary.currency.data == "USD"
    assert euros.buffer.buffer.data == "12.50"
    assert euros.buffer.buffer.id != dollars.buffer.buffer.id
    assert euros.buffer.form_key.data != dollars.buffer.form_key.data


def test_what_somebody_filled_in_is_shown_at_its_wallet_alone(
    pieces_app: Flask,
) -> None:
    with pieces_app.test_request_context("/"):
        buffer = BufferForm(formdata=None, currency="USD", buffer="x", horizon="y")
        primary = PrimaryForm(formdata=None, currency="USD")

        for shown in (buffer, primary):
            euros, dollars = with_forms(WALLETS, shown)
            assert shown in {dollars.buffer, dollars.primary}
            assert shown not in {euros.buffer, euros.primary}


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("", None),
        ("currency=USD", AddWalletForm),
        ("currency=USD&buffer=5&horizon=x", BufferForm),
    ],
)
def test_the_address_says_which_form_was_typed(
    pieces_app: Flask, query: str, kind: type | None
) -> None:
    with pieces_app.test_request_context(f"/?{query}"):
        form = typed_form()

    assert (type(form) if form else None) is kind
    assert form is None or form.currency.data == "USD"
