"""The ledger against a model that is a few lists: whatever is done, they agree."""

import contextlib
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.billing.base.repetition import SOON
from shared.contracts import billing
from shared.contracts.billing.wallets import AdjustmentKind
from shared.db.database import Database
from shared.errors import Conflict
from tests.fixtures.billing.harness import BillingHarness, money
from tests.fixtures.properties import over_database

CURRENCIES = ("EUR", "PLN", "JPY")
amounts = st.one_of(
    st.decimals(Decimal(-1000), 1000, places=6),
    st.sampled_from([Decimal("0.000001"), Decimal("-0.000001"), Decimal(99999999)]),
).filter(bool)

ATTACKS = (
    "UPDATE wallets SET balance = balance + 1 WHERE company_id = :company",
    "UPDATE wallets SET balance = 0 WHERE company_id = :company AND balance <> 0",
    "DELETE FROM wallets WHERE company_id = :company",
    "UPDATE postings SET debit = 1, credit = NULL",
    "DELETE FROM postings",
    "DELETE FROM journal_entries WHERE company_id = :company",
    "TRUNCATE postings, journal_entries",
    """INSERT INTO journal_entries (id, at, kind, memo, who, cause, company_id,
                                    request_id)
       VALUES (:entry, '2026-03-01', 'correction', '', '', '', :company, '')""",
    """INSERT INTO postings (entry_id, line, account_id, currency, credit)
       SELECT entry_id, 9, account_id, currency, 1 FROM postings""",
    """WITH entry AS (
           INSERT INTO journal_entries (id, at, kind, memo, who, cause, company_id,
                                        request_id)
           VALUES (:entry, '2026-03-01', 'correction', '', '', '', :company, '')
       )
       INSERT INTO postings (entry_id, line, account_id, currency, credit)
       SELECT :entry, 1, id, currency, 1 FROM wallets WHERE company_id = :company""",
)


class LedgerModel(RuleBasedStateMachine):
    """One company's wallets, and what they should hold."""

    repeats = Bundle("repeats")

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.harness = BillingHarness(database)
        self.postings: dict[str, list[Decimal]] = {}

    @rule(currency=st.sampled_from(CURRENCIES))
    def open_wallet(self, currency: str) -> None:
        if currency in self.postings:
            with pytest.raises(Conflict):
                self.harness.open_wallet(currency)
        else:
            wallet = self.harness.open_wallet(currency)
            assert wallet.is_primary is not bool(self.postings)
            self.postings[currency] = []

    @precondition(lambda self: self.postings)
    @rule(
        target=repeats,
        amount=amounts,
        kind=st.sampled_from(AdjustmentKind),
        data=st.data(),
    )
    def adjust(
        self, amount: Decimal, kind: AdjustmentKind, data: st.DataObject
    ) -> tuple[billing.wallets.AdjustWallet, str]:
        # An equal one would be doubted sooner.
        self.harness.pass_time(SOON)
        currency = data.draw(st.sampled_from(sorted(self.postings)))
        request = billing.wallets.AdjustWallet(
            company_id=self.harness.company_id,
            amount=money(amount, currency),
            kind=kind,
            reason="as the model does",
        )
        self.postings[currency].append(amount)
        key = str(uuid4())
        wallet = self._call(request, key)
        assert wallet.balance.amount == sum(self.postings[currency])
        return request, key

    @rule(repeat=consumes(repeats))
    def adjust_again_with_the_same_key(
        self, repeat: tuple[billing.wallets.AdjustWallet, str]
    ) -> None:
        self._call(*repeat)

    @rule(attack=st.sampled_from(ATTACKS))
    def go_round_the_code(self, attack: str) -> None:
        """Whether it is refused or finds nothing to do, nothing may come of it."""
        values = {"company": self.harness.company_id, "entry": uuid4()}
        statement = text(attack)
        wanted = {name: values[name] for name in statement.compile().params}
        with (
            contextlib.suppress(IntegrityError),
            self.harness.database.engine.begin() as connection,
        ):
            connection.execute(statement, wanted)

    @invariant()
    def wallets_and_postings_are_the_models(self) -> None:
        wallets = {each.currency: each for each in self.harness.dashboard().wallets}

        assert list(wallets)[:1] == list(self.postings)[:1], "the primary comes first"
        assert wallets.keys() == self.postings.keys()
        for currency, amounts in self.postings.items():
            assert_shows(wallets[currency], amounts)

    def teardown(self) -> None:
        assert self.harness.differences() == []

    def _call(
        self, request: billing.wallets.AdjustWallet, key: str
    ) -> billing.wallets.WalletView:
        operator = self.harness.operator()
        return self.harness.call(billing.wallets.ADJUST_WALLET, request, operator, key)


def assert_shows(wallet: billing.dashboard.Wallet, amounts: list[Decimal]) -> None:
    """The wallet's balance and newest five postings follow from all amounts."""
    assert wallet.balance.amount == sum(amounts)
    shown = [(each.amount.amount, each.balance.amount) for each in wallet.recent]
    expected: list[tuple[Any, Any]] = [
        (amounts[index], sum(amounts[: index + 1])) for index in range(len(amounts))
    ]
    assert shown == expected[::-1][:5]


@pytest.mark.property
def test_the_ledger_agrees_with_a_simple_model(billing_database: Database) -> None:
    run_state_machine_as_test(
        lambda: LedgerModel(billing_database),  # type: ignore[arg-type]
        settings=settings(over_database(5), stateful_step_count=20),
    )
