"""Each change of a wallet is told, in the transaction that makes it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts import billing
from shared.db.events import Envelope, open_envelope
from shared.errors import ContractError
from tests.fixtures.billing.office import Office, money


def _set_credit_limit(office: Office) -> billing.wallets.WalletView:
    request = billing.wallets.SetCreditLimit(
        company_id=office.company_id, limit=money("100")
    )
    return office.call(billing.wallets.SET_CREDIT_LIMIT, request, office.operator())


CHANGES: list[Callable[[Office], billing.wallets.WalletView]] = [
    lambda office: office.adjust("12.5"),
    lambda office: office.adjust("-3"),
    _set_credit_limit,
    lambda office: office.set_buffer("25", 60),
]


def test_an_opened_wallet_emits_its_first_version(office: Office) -> None:
    wallet = office.open_wallet()

    (event,) = _events(office)
    assert (event.version, event.body) == (1, wallet)
    assert event.company_id == office.company_id


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_emits_the_state_after_it(
    office: Office, change: Callable[[Office], billing.wallets.WalletView]
) -> None:
    office.open_wallet()

    wallet = change(office)

    assert [event.version for event in _events(office)] == [1, 2]
    assert _events(office)[-1].body == wallet


def test_each_wallet_counts_its_own_versions(office: Office) -> None:
    office.open_wallet("EUR")
    office.open_wallet("PLN")
    office.adjust("1", "PLN")
    office.adjust("1", "EUR")

    told = [(each.body.currency, each.version) for each in _events(office)]
    assert told == [("EUR", 1), ("PLN", 1), ("PLN", 2), ("EUR", 2)]


def test_what_was_refused_emits_no_event(office: Office) -> None:
    office.open_wallet()

    with pytest.raises(ContractError):
        office.adjust("0")

    assert len(_events(office)) == 1


def test_no_change_of_a_wallet_goes_without_its_event(office: Office) -> None:
    """The last event is what the table says, whichever way it came about."""
    office.open_wallet()
    for change in CHANGES:
        change(office)

    last = _events(office)[-1].body
    row = _row(office)
    assert last.balance.amount == row["balance"]
    assert last.credit_limit.amount == row["credit_limit"]
    assert last.comfort_buffer.amount == row["comfort_buffer"]
    assert last.horizon_days == row["horizon_days"]
    assert len(_events(office)) == row["version"] == 1 + len(CHANGES)


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


def _row(office: Office) -> dict[str, Any]:
    with office.database.system() as db:
        rows = db.execute(
            text("SELECT * FROM wallets WHERE company_id = :company"),
            {"company": office.company_id},
        )
        return dict(rows.mappings().one())
