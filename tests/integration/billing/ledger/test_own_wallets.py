"""A company adds wallets in other currencies, and says which comes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.contracts import billing
from shared.contracts.identity.memberships import Role
from shared.db.events import Envelope, open_envelope
from shared.errors import Conflict, Forbidden, InvalidInput, NotFound
from tests.fixtures.billing.harness import BillingHarness, money

Done = TypeVar("Done")

OFFERED = ["EUR", "GBP", "PLN", "USD"]
AT_ONCE = 12


def test_a_further_wallet_begins_empty_and_not_as_the_primary_one(
    harness: BillingHarness,
) -> None:
    harness.open_wallet("EUR")

    added = _add(harness, "USD")

    assert (added.currency, added.is_primary) == ("USD", False)
    assert added.balance == added.credit_limit == money("0", "USD")
    assert _currencies(harness) == ["EUR", "USD"]


def test_a_company_without_a_wallet_adds_its_first_which_is_primary(
    harness: BillingHarness,
) -> None:
    assert _list(harness).addable == OFFERED

    assert _add(harness, "GBP").is_primary


def test_what_can_be_added_is_what_is_offered_and_not_there_yet(
    harness: BillingHarness,
) -> None:
    harness.open_wallet("PLN")
    harness.open_wallet("SEK")

    listed = _list(harness)

    assert listed.addable == ["EUR", "GBP", "USD"]
    assert [each.currency for each in listed.wallets] == ["PLN", "SEK"]


@pytest.mark.parametrize(
    "currency", ["JPY", "", "usd", "USD ", "U\0D", "€", "X" * 10_000]
)
def test_a_currency_that_is_not_offered_is_refused(
    harness: BillingHarness, currency: str
) -> None:
    harness.open_wallet("EUR")

    with pytest.raises(InvalidInput) as refusal:
        _add(harness, currency)

    assert refusal.value.code == "currency_not_offered"
    assert _currencies(harness) == ["EUR"]


def test_a_currency_is_had_once(harness: BillingHarness) -> None:
    harness.open_wallet("EUR")

    with pytest.raises(Conflict) as refusal:
        _add(harness, "EUR")

    assert refusal.value.code == "wallet_exists"
    assert refusal.value.parameters == {"currency": "EUR"}


def test_a_form_sent_twice_adds_one_wallet(harness: BillingHarness) -> None:
    token = harness.member()
    request = billing.wallets.AddWallet(currency="USD")

    first, again = (
        harness.call(billing.wallets.ADD_WALLET, request, token, key="one")
        for _ in range(2)
    )

    assert first == again
    assert _currencies(harness) == ["USD"]


def test_the_one_made_primary_comes_first_and_no_money_moves(
    harness: BillingHarness,
) -> None:
    harness.open_wallet("EUR")
    harness.open_wallet("USD")
    harness.adjust("12.50", "EUR")

    made = _make_primary(harness, "USD")

    assert made.is_primary
    shown = harness.dashboard().wallets
    assert [(each.currency, each.is_primary) for each in shown] == [
        ("USD", True),
        ("EUR", False),
    ]
    assert [each.balance for each in shown] == [money("0", "USD"), money("12.50")]
    assert harness.differences() == []


def test_only_the_two_wallets_concerned_emit_events(harness: BillingHarness) -> None:
    for currency in ("EUR", "GBP", "USD"):
        harness.open_wallet(currency)
    before = len(_events(harness))

    _make_primary(harness, "USD")

    told = [event.body for event in _events(harness)[before:]]
    assert sorted((each.currency, each.is_primary) for each in told) == [
        ("EUR", False),
        ("USD", True),
    ]
    assert {event.version for event in _events(harness)[before:]} == {2}


def test_making_the_primary_one_primary_changes_nothing(
    harness: BillingHarness,
) -> None:
    harness.open_wallet("EUR")

    assert _make_primary(harness, "EUR").is_primary

    assert len(_events(harness)) == 1


def test_a_wallet_that_is_not_there_can_not_come_first(harness: BillingHarness) -> None:
    harness.open_wallet("EUR")

    with pytest.raises(NotFound) as refusal:
        _make_primary(harness, "USD")

    assert refusal.value.code == "no_such_wallet"
    assert _currencies(harness) == ["EUR"]


def test_another_companys_wallets_are_neither_listed_nor_changed(
    harness: BillingHarness,
) -> None:
    harness.open_wallet("EUR")
    theirs = uuid4()
    harness.open_wallet("USD", theirs)
    harness.open_wallet("EUR", theirs)

    _add(harness, "USD")
    _make_primary(harness, "USD")

    assert len(_list(harness).wallets) == 2
    assert [w.currency for w in harness.dashboard(theirs).wallets] == ["USD", "EUR"]


def test_of_many_wallets_made_primary_at_once_one_is(harness: BillingHarness) -> None:
    for currency in OFFERED:
        harness.open_wallet(currency)

    _at_once(lambda n: _make_primary(harness, OFFERED[n % len(OFFERED)]))

    assert [each.is_primary for each in _list(harness).wallets] == [
        True,
        False,
        False,
        False,
    ]


def test_of_many_that_add_the_same_wallet_at_once_one_does(
    harness: BillingHarness,
) -> None:
    harness.open_wallet("EUR")

    def add(_number: int) -> str:
        try:
            return _add(harness, "USD").currency
        except Conflict as refusal:
            return refusal.code

    done = _at_once(add)

    assert sorted(done) == ["USD"] + ["wallet_exists"] * (AT_ONCE - 1)


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.BILLING])
def test_who_manages_billing_may_add_and_choose(
    harness: BillingHarness, role: Role
) -> None:
    harness.open_wallet("EUR")
    token = harness.member(role)

    harness.call(
        billing.wallets.ADD_WALLET, billing.wallets.AddWallet(currency="USD"), token
    )
    harness.call(
        billing.wallets.MAKE_PRIMARY, billing.wallets.MakePrimary(currency="USD"), token
    )

    assert _currencies(harness) == ["USD", "EUR"]


@pytest.mark.parametrize("role", [Role.TECHNICAL, Role.VIEWER])
def test_who_does_not_manage_billing_may_not(
    harness: BillingHarness, role: Role
) -> None:
    harness.open_wallet("EUR")
    harness.open_wallet("USD")
    token = harness.member(role)

    with pytest.raises(Forbidden):
        harness.call(
            billing.wallets.ADD_WALLET, billing.wallets.AddWallet(currency="GBP"), token
        )
    with pytest.raises(Forbidden):
        harness.call(
            billing.wallets.MAKE_PRIMARY,
            billing.wallets.MakePrimary(currency="USD"),
            token,
        )

    assert _currencies(harness) == ["EUR", "USD"]


def _list(harness: BillingHarness) -> billing.wallets.Wallets:
    token = harness.member(Role.VIEWER)
    return harness.call(
        billing.wallets.LIST_WALLETS, billing.wallets.ListWallets(), token
    )


def _currencies(harness: BillingHarness) -> list[str]:
    return [wallet.currency for wallet in _list(harness).wallets]


def _add(harness: BillingHarness, currency: str) -> billing.wallets.WalletView:
    request = billing.wallets.AddWallet(currency=currency)
    return harness.call(billing.wallets.ADD_WALLET, request, harness.member())


def _make_primary(harness: BillingHarness, currency: str) -> billing.wallets.WalletView:
    request = billing.wallets.MakePrimary(currency=currency)
    return harness.call(billing.wallets.MAKE_PRIMARY, request, harness.member())


def _at_once(act: Callable[[int], Done]) -> list[Done]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(act, range(AT_ONCE)))


def _events(harness: BillingHarness) -> list[Envelope[billing.wallets.WalletView]]:
    with harness.database.system() as db:
        rows = db.execute(
            text(
                "SELECT envelope FROM outbox"
                " WHERE event_name = 'wallet_changed'"
                " AND envelope->>'company_id' = :company ORDER BY position"
            ),
            {"company": str(harness.company_id)},
        )
        return [
            open_envelope(billing.wallets.WALLET_CHANGED, row.envelope) for row in rows
        ]
