"""Opening wallets, their settings, adjustments, and who may do what."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.contracts import billing
from shared.contracts.billing.wallets import AdjustmentKind
from shared.contracts.identity.memberships import Role
from shared.contracts.notes import NoteCode
from shared.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from tests.fixtures.billing.harness import BillingHarness, money
from tests.fixtures.direct_calls import as_json


def test_a_companys_first_wallet_is_its_primary_one(harness: BillingHarness) -> None:
    first, second = harness.open_wallet("EUR"), harness.open_wallet("PLN")

    assert (first.is_primary, second.is_primary) == (True, False)
    assert first.balance == first.credit_limit == money("0")
    assert first.horizon_days == 30


def test_a_second_wallet_of_the_same_currency_is_refused(
    harness: BillingHarness,
) -> None:
    harness.open_wallet("EUR")

    with pytest.raises(Conflict) as refusal:
        harness.open_wallet("EUR")

    assert refusal.value.code == "wallet_exists"


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "E\0R", "€", "X" * 10_000])
def test_a_wallet_in_no_currency_is_refused(
    harness: BillingHarness, currency: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        harness.open_wallet(currency)

    assert refusal.value.code == "no_such_currency"


@pytest.mark.parametrize("currency", ["XXX", "XAU", "XTS", "HRK", "BGN", "CLF"])
def test_a_wallet_in_what_nobody_pays_in_is_refused(
    harness: BillingHarness, currency: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        harness.open_wallet(currency)

    assert refusal.value.code == "currency_not_current"


@pytest.mark.parametrize("currency", ["KWD", "TND", "JOD"])
def test_a_wallet_that_no_invoice_could_name_is_refused(
    harness: BillingHarness, currency: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        harness.open_wallet(currency)

    assert refusal.value.code == "currency_not_invoiced"


def test_the_credit_limit_adds_to_what_is_available(harness: BillingHarness) -> None:
    harness.open_wallet()
    harness.adjust("12.5")
    request = billing.wallets.SetCreditLimit(
        company_id=harness.company_id, limit=money("100")
    )

    harness.call(billing.wallets.SET_CREDIT_LIMIT, request, harness.operator())

    (wallet,) = harness.dashboard().wallets
    assert wallet.credit_limit == money("100")
    assert wallet.available == money("112.5")
    assert wallet.balance == money("12.5")


def test_the_comfort_buffer_and_horizon_are_the_customers_to_set(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()

    wallet = harness.set_buffer("25", 366)

    assert wallet.comfort_buffer == money("25")
    recommendation = harness.recommendation()
    assert recommendation.horizon_days == 366
    assert recommendation.amount == money("25")


@pytest.mark.parametrize("horizon_days", [0, -1, 367, 10**9])
def test_a_horizon_out_of_bounds_is_refused(
    harness: BillingHarness, horizon_days: int
) -> None:
    harness.open_wallet()

    with pytest.raises(InvalidInput) as refusal:
        harness.set_buffer("25", horizon_days)

    assert refusal.value.code == "bad_horizon"


@pytest.mark.parametrize("amount", ["-1", "0.0000001", "1" + "0" * 14, "9" * 40])
def test_an_allowance_that_makes_no_sense_is_refused(
    harness: BillingHarness, amount: str
) -> None:
    harness.open_wallet()
    limit = billing.wallets.SetCreditLimit(
        company_id=harness.company_id, limit=money(amount)
    )

    with pytest.raises(InvalidInput) as of_buffer:
        harness.set_buffer(amount, 30)
    with pytest.raises(InvalidInput) as of_limit:
        harness.call(billing.wallets.SET_CREDIT_LIMIT, limit, harness.operator())

    assert of_buffer.value.code == of_limit.value.code == "bad_amount"


@pytest.mark.parametrize("amount", ["0", "0.0000001", "1" + "0" * 14, "-" + "9" * 39])
def test_an_adjustment_of_no_amount_is_refused(
    harness: BillingHarness, amount: str
) -> None:
    harness.open_wallet()

    with pytest.raises(InvalidInput) as refusal:
        harness.adjust(amount)

    assert refusal.value.code == "bad_amount"


def test_a_balance_that_the_wallet_can_not_hold_is_refused(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    harness.adjust("9" * 14)

    with pytest.raises(InvalidInput) as refusal:
        harness.adjust("1")

    assert refusal.value.code == "bad_amount"
    assert harness.dashboard().wallets[0].balance == money("9" * 14)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", "reason_missing"),
        (" \n\t", "reason_missing"),
        ("a\0b", "bad_reason"),
        ("x" * 501, "bad_reason"),
    ],
)
def test_an_adjustment_needs_a_reason(
    harness: BillingHarness, reason: str, code: str
) -> None:
    harness.open_wallet()

    with pytest.raises(InvalidInput) as refusal:
        harness.adjust("1", reason=reason)

    assert refusal.value.code == code


def test_a_wallet_that_is_not_there_is_not_found(harness: BillingHarness) -> None:
    harness.open_wallet("EUR")

    with pytest.raises(NotFound) as of_adjustment:
        harness.adjust("1", "USD")
    with pytest.raises(NotFound) as of_buffer:
        harness.set_buffer("1", 30, "USD")

    assert of_adjustment.value.code == of_buffer.value.code == "no_such_wallet"


@pytest.mark.parametrize("kind", AdjustmentKind)
def test_an_adjustment_is_posted_against_the_providers_account_of_its_kind(
    harness: BillingHarness, kind: AdjustmentKind
) -> None:
    harness.open_wallet()
    harness.adjust("30", kind=kind, reason=" as agreed 🙂 ")
    harness.adjust("-10", kind=kind)

    with harness.database.engine.begin() as connection:
        found = connection.execute(
            text(
                """SELECT sum(debit) AS debits, sum(credit) AS credits
                   FROM postings JOIN accounts ON accounts.id = account_id
                        JOIN journal_entries ON journal_entries.id = entry_id
                   WHERE accounts.kind <> 'wallet' AND company_id = :company_id
                   GROUP BY accounts.id"""
            ),
            {"company_id": harness.company_id},
        ).one()
        entry = connection.execute(
            text(
                """SELECT * FROM journal_entries
                   WHERE company_id = :company_id
                       AND note_parameters ->> 'words' = 'as agreed 🙂'"""
            ),
            {"company_id": harness.company_id},
        ).one()
    assert (found.debits, found.credits) == (Decimal(30), Decimal(10))
    assert (entry.kind, entry.who) == (kind.value, "Alice Example")
    assert (entry.note_code, entry.memo) == (NoteCode.OWN_WORDS, "")
    assert (entry.actor_kind, entry.actor_name) == ("support", "Alice Example")
    assert (entry.cause, entry.request_id) == ("adjust_wallet", "test")
    assert entry.company_id == harness.company_id
    assert entry.at == harness.clock.now()


def test_an_adjustment_may_take_the_balance_below_the_credit_limit(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()

    wallet = harness.adjust("-40", kind=AdjustmentKind.CORRECTION)

    assert wallet.balance == money("-40")
    assert harness.recommendation().amount == money("40")


def test_an_adjustment_sent_twice_is_posted_once(harness: BillingHarness) -> None:
    harness.open_wallet()
    request = billing.wallets.AdjustWallet(
        company_id=harness.company_id,
        amount=money("15"),
        kind=AdjustmentKind.GOODWILL,
        reason="for the outage",
    )

    results = [
        harness.call(
            billing.wallets.ADJUST_WALLET, request, harness.operator(), key="one"
        )
        for _ in range(2)
    ]

    assert results[0] == results[1]
    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("15")
    assert len(wallet.recent) == 1


def test_a_customer_is_refused_before_the_request_is_read(
    harness: BillingHarness,
) -> None:
    """Who may call which method is in tests/integration/isolation/test_methods.py."""
    with pytest.raises(Forbidden):
        harness.call.raw(billing.wallets.OPEN_WALLET, {}, harness.member(Role.OWNER))


def test_the_buffer_of_another_company_can_not_be_set(harness: BillingHarness) -> None:
    harness.open_wallet()
    stranger = harness.member(Role.OWNER, company_id=uuid4())
    request = billing.wallets.SetComfortBuffer(buffer=money("1"))

    with pytest.raises(NotFound):
        harness.call(billing.wallets.SET_COMFORT_BUFFER, request, stranger)


@pytest.mark.parametrize("kind", ["none", "expired", "forged"])
def test_nobody_sees_the_dashboard_without_a_valid_principal(
    harness: BillingHarness, kind: str
) -> None:
    tokens = {
        "none": None,
        "expired": harness.principals.expired(harness.company_id),
        "forged": harness.principals.forged(harness.company_id),
    }

    with pytest.raises(Unauthenticated):
        harness.call(
            billing.dashboard.DASHBOARD, billing.dashboard.Dashboard(), tokens[kind]
        )


@pytest.mark.parametrize("amount", ["1e5", "NaN", "1,50", 5, None, "9" * 41])
def test_an_amount_that_is_none_is_refused_as_malformed(
    harness: BillingHarness, amount: object
) -> None:
    harness.open_wallet()
    arguments = as_json(billing.wallets.SetComfortBuffer(buffer=money("1")))
    arguments["buffer"] = {"amount": amount, "currency": "EUR"}

    with pytest.raises(InvalidInput) as refusal:
        harness.call.raw(
            billing.wallets.SET_COMFORT_BUFFER, arguments, harness.member()
        )

    assert refusal.value.code == "malformed_message"
