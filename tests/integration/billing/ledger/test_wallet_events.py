"""Each change of a wallet is told, in the transaction that makes it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts import billing
from shared.db.events import Envelope, open_envelope
from shared.errors import ContractError
from tests.fixtures.billing.harness import BillingHarness, money


def _set_credit_limit(harness: BillingHarness) -> billing.wallets.WalletView:
    request = billing.wallets.SetCreditLimit(
        company_id=harness.company_id, limit=money("100")
    )
    return harness.call(billing.wallets.SET_CREDIT_LIMIT, request, harness.operator())


CHANGES: list[Callable[[BillingHarness], billing.wallets.WalletView]] = [
    lambda harness: harness.adjust("12.5"),
    lambda harness: harness.adjust("-3"),
    _set_credit_limit,
    lambda harness: harness.set_buffer("25", 60),
]


def test_an_opened_wallet_emits_its_first_version(harness: BillingHarness) -> None:
    wallet = harness.open_wallet()

    (event,) = _events(harness)
    assert (event.version, event.body) == (1, wallet)
    assert event.company_id == harness.company_id


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_emits_the_state_after_it(
    harness: BillingHarness,
    change: Callable[[BillingHarness], billing.wallets.WalletView],
) -> None:
    harness.open_wallet()

    wallet = change(harness)

    assert [event.version for event in _events(harness)] == [1, 2]
    assert _events(harness)[-1].body == wallet


def test_each_wallet_counts_its_own_versions(harness: BillingHarness) -> None:
    harness.open_wallet("EUR")
    harness.open_wallet("PLN")
    harness.adjust("1", "PLN")
    harness.adjust("1", "EUR")

    told = [(each.body.currency, each.version) for each in _events(harness)]
    assert told == [("EUR", 1), ("PLN", 1), ("PLN", 2), ("EUR", 2)]


def test_what_was_refused_emits_no_event(harness: BillingHarness) -> None:
    harness.open_wallet()

    with pytest.raises(ContractError):
        harness.adjust("0")

    assert len(_events(harness)) == 1


def test_no_change_of_a_wallet_goes_without_its_event(harness: BillingHarness) -> None:
    """The last event is what the table says, whichever way it came about."""
    harness.open_wallet()
    for change in CHANGES:
        change(harness)

    last = _events(harness)[-1].body
    row = _row(harness)
    assert last.balance.amount == row["balance"]
    assert last.credit_limit.amount == row["credit_limit"]
    assert last.comfort_buffer.amount == row["comfort_buffer"]
    assert last.horizon_days == row["horizon_days"]
    assert len(_events(harness)) == row["version"] == 1 + len(CHANGES)


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


def _row(harness: BillingHarness) -> dict[str, Any]:
    with harness.database.system() as db:
        rows = db.execute(
            text("SELECT * FROM wallets WHERE company_id = :company"),
            {"company": harness.company_id},
        )
        return dict(rows.mappings().one())
