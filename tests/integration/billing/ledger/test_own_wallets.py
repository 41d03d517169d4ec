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
from tests.fixtures.billing.office import Office, money

Done = TypeVar("Done")

OFFERED = ["EUR", "GBP", "PLN", "USD"]
AT_ONCE = 12


def test_a_further_wallet_begins_empty_and_not_as_the_primary_one(
    office: Office,
) -> None:
    office.open_wallet("EUR")

    added = _add(office, "USD")

    assert (added.currency, added.is_primary) == ("USD", False)
    assert added.balance == added.credit_limit == money("0", "USD")
    assert _currencies(office) == ["EUR", "USD"]


def test_a_company_without_a_wallet_adds_its_first_which_is_primary(
    office: Office,
) -> None:
    assert _list(office).addable == OFFERED

    assert _add(office, "GBP").is_primary


def test_what_can_be_added_is_what_is_offered_and_not_there_yet(
    office: Office,
) -> None:
    office.open_wallet("PLN")
    office.open_wallet("SEK")

    listed = _list(office)

    assert listed.addable == ["EUR", "GBP", "USD"]
    assert [each.currency for each in listed.wallets] == ["PLN", "SEK"]


@pytest.mark.parametrize(
    "currency", ["JPY", "", "usd", "USD ", "U\0D", "€", "X" * 10_000]
)
def test_a_currency_that_is_not_offered_is_refused(
    office: Office, currency: str
) -> None:
    office.open_wallet("EUR")

    with pytest.raises(InvalidInput) as refusal:
        _add(office, currency)

    assert refusal.value.code == "currency_not_offered"
    assert _currencies(office) == ["EUR"]


def test_a_currency_is_had_once(office: Office) -> None:
    office.open_wallet("EUR")

    with pytest.raises(Conflict) as refusal:
        _add(office, "EUR")

    assert refusal.value.code == "wallet_exists"
    assert refusal.value.parameters == {"currency": "EUR"}


def test_a_form_sent_twice_adds_one_wallet(office: Office) -> None:
    token = office.member()
    request = billing.wallets.AddWallet(currency="USD")

    first, again = (
        office.call(billing.wallets.ADD_WALLET, request, token, key="one")
        for _ in range(2)
    )

    assert first == again
    assert _currencies(office) == ["USD"]


def test_the_one_made_primary_comes_first_and_no_money_moves(office: Office) -> None:
    office.open_wallet("EUR")
    office.open_wallet("USD")
    office.adjust("12.50", "EUR")

    made = _make_primary(office, "USD")

    assert made.is_primary
    shown = office.dashboard().wallets
    assert [(each.currency, each.is_primary) for each in shown] == [
        ("USD", True),
        ("EUR", False),
    ]
    assert [each.balance for each in shown] == [money("0", "USD"), money("12.50")]
    assert office.differences() == []


def test_only_the_two_wallets_concerned_emit_events(office: Office) -> None:
    for currency in ("EUR", "GBP", "USD"):
        office.open_wallet(currency)
    before = len(_events(office))

    _make_primary(office, "USD")

    told = [event.body for event in _events(office)[before:]]
    assert sorted((each.currency, each.is_primary) for each in told) == [
        ("EUR", False),
        ("USD", True),
    ]
    assert {event.version for event in _events(office)[before:]} == {2}


def test_making_the_primary_one_primary_changes_nothing(office: Office) -> None:
    office.open_wallet("EUR")

    assert _make_primary(office, "EUR").is_primary

    assert len(_events(office)) == 1


def test_a_wallet_that_is_not_there_can_not_come_first(office: Office) -> None:
    office.open_wallet("EUR")

    with pytest.raises(NotFound) as refusal:
        _make_primary(office, "USD")

    assert refusal.value.code == "no_such_wallet"
    assert _currencies(office) == ["EUR"]


def test_another_companys_wallets_are_neither_listed_nor_changed(
    office: Office,
) -> None:
    office.open_wallet("EUR")
    theirs = uuid4()
    office.open_wallet("USD", theirs)
    office.open_wallet("EUR", theirs)

    _add(office, "USD")
    _make_primary(office, "USD")

    assert len(_list(office).wallets) == 2
    assert [w.currency for w in office.dashboard(theirs).wallets] == ["USD", "EUR"]


def test_of_many_wallets_made_primary_at_once_one_is(office: Office) -> None:
    for currency in OFFERED:
        office.open_wallet(currency)

    _at_once(lambda n: _make_primary(office, OFFERED[n % len(OFFERED)]))

    assert [each.is_primary for each in _list(office).wallets] == [
        True,
        False,
        False,
        False,
    ]


def test_of_many_that_add_the_same_wallet_at_once_one_does(office: Office) -> None:
    office.open_wallet("EUR")

    def add(_number: int) -> str:
        try:
            return _add(office, "USD").currency
        except Conflict as refusal:
            return refusal.code

    done = _at_once(add)

    assert sorted(done) == ["USD"] + ["wallet_exists"] * (AT_ONCE - 1)


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.BILLING])
def test_who_manages_billing_may_add_and_choose(office: Office, role: Role) -> None:
    office.open_wallet("EUR")
    token = office.member(role)

    office.call(
        billing.wallets.ADD_WALLET, billing.wallets.AddWallet(currency="USD"), token
    )
    office.call(
        billing.wallets.MAKE_PRIMARY, billing.wallets.MakePrimary(currency="USD"), token
    )

    assert _currencies(office) == ["USD", "EUR"]


@pytest.mark.parametrize("role", [Role.TECHNICAL, Role.VIEWER])
def test_who_does_not_manage_billing_may_not(office: Office, role: Role) -> None:
    office.open_wallet("EUR")
    office.open_wallet("USD")
    token = office.member(role)

    with pytest.raises(Forbidden):
        office.call(
            billing.wallets.ADD_WALLET, billing.wallets.AddWallet(currency="GBP"), token
        )
    with pytest.raises(Forbidden):
        office.call(
            billing.wallets.MAKE_PRIMARY,
            billing.wallets.MakePrimary(currency="USD"),
            token,
        )

    assert _currencies(office) == ["EUR", "USD"]


def _list(office: Office) -> billing.wallets.Wallets:
    token = office.member(Role.VIEWER)
    return office.call(
        billing.wallets.LIST_WALLETS, billing.wallets.ListWallets(), token
    )


def _currencies(office: Office) -> list[str]:
    return [wallet.currency for wallet in _list(office).wallets]


def _add(office: Office, currency: str) -> billing.wallets.WalletView:
    request = billing.wallets.AddWallet(currency=currency)
    return office.call(billing.wallets.ADD_WALLET, request, office.member())


def _make_primary(office: Office, currency: str) -> billing.wallets.WalletView:
    request = billing.wallets.MakePrimary(currency=currency)
    return office.call(billing.wallets.MAKE_PRIMARY, request, office.member())


def _at_once(act: Callable[[int], Done]) -> list[Done]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(act, range(AT_ONCE)))


def _events(office: Office) -> list[Envelope[billing.wallets.WalletView]]:
    with office.database.system() as db:
        rows = db.execute(
            text(
                "SELECT envelope FROM outbox"
                " WHERE envelope->>'company_id' = :company ORDER BY position"
            ),
            {"company": str(office.company_id)},
        )
        return [
            open_envelope(billing.wallets.WALLET_CHANGED, row.envelope) for row in rows
        ]
