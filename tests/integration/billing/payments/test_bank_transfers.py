"""Payments by bank: found by their reference, and booked once."""

import pytest

from services.billing.gateways.bank_transfer import Account, BankTransfer
from services.billing.parties.sellers import FIRST
from shared.contracts import billing
from shared.contracts.billing.payments import BankBookingResult, BankCredit, GatewayName
from shared.contracts.billing.top_ups import TopUp, TopUpState
from shared.contracts.identity.memberships import Role
from shared.db.database import Database
from shared.errors import Forbidden
from shared.money import Money
from tests.fixtures.billing.harness import BillingHarness, money
from tests.fixtures.threads import THREADS, all_at_once

IBAN = "DE89370400440532013000"


@pytest.fixture
def harness(billing_database: Database) -> BillingHarness:
    account = Account("Client Area GmbH", IBAN, "COBADEFF", "Commerzbank")
    gateways = {GatewayName.BANK_TRANSFER: BankTransfer({FIRST: account})}
    harness = BillingHarness(billing_database, gateways=gateways)
    harness.live_in("Europe/Berlin")
    harness.open_wallet()
    return harness


def test_the_customer_sees_the_account_and_the_reference(
    harness: BillingHarness,
) -> None:
    top_up = _begin(harness)

    started = _start(harness, top_up)
    again = _start(harness, top_up)

    bank = started.top_up.bank
    assert bank is not None
    assert bank.iban == IBAN
    assert bank.reference == top_up.reference
    assert bank.amount == money("59.50")
    assert again.top_up.bank == bank
    assert again.top_up.state is TopUpState.PENDING


@pytest.mark.parametrize("started", [True, False])
@pytest.mark.parametrize(
    "written", ["{0}", "your ref {0}, thanks", "Status {0}", "lower"]
)
def test_a_credit_is_found_by_the_reference_as_people_write_it(
    harness: BillingHarness, written: str, *, started: bool
) -> None:
    top_up = _begin(harness)
    if started:
        _start(harness, top_up)
    text = written.format(top_up.reference)
    if written == "lower":
        text = "payment " + top_up.reference.lower().replace("-", " ")

    assert _book(harness, text) == [BankBookingResult.BOOKED]

    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("50")
    assert harness.differences() == []


def test_when_another_amount_comes_the_top_up_says_what_was_credited(
    harness: BillingHarness,
) -> None:
    top_up = _begin(harness)

    _book(harness, top_up.reference, amount=money("29.75"))

    request = billing.top_ups.GetTopUp(top_up_id=top_up.id)
    shown = harness.call(billing.top_ups.GET_TOP_UP, request, harness.member())
    assert (shown.net, shown.credited) == (money("50"), money("25"))


def test_instalments_are_duplicates_only_beyond_the_amount_due(
    harness: BillingHarness,
) -> None:
    top_up = _begin(harness)  # of 59.50, tax included

    marked = []
    for number, part in enumerate(("29.75", "20.00", "9.75", "9.75")):
        _book(harness, top_up.reference, money(part), transaction=f"I-{number}")
        request = billing.top_ups.GetTopUp(top_up_id=top_up.id)
        shown = harness.call(billing.top_ups.GET_TOP_UP, request, harness.member())
        marked.append(sum(bool(each.duplicate_of) for each in shown.payments))

    assert marked == [0, 0, 0, 1]


def test_much_more_than_was_asked_for_has_the_tax_of_its_rate(
    harness: BillingHarness,
) -> None:
    # 19 % are 1.9038, and 1.90 was asked for: of a thousandfold 3.19 would be missing.
    top_up = _begin(harness, "10.02")

    _book(harness, top_up.reference, amount=money("11924.00"))

    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("10020.17")
    assert harness.differences() == []


def test_a_statement_read_twice_is_booked_once(harness: BillingHarness) -> None:
    top_up = _begin(harness)
    _book(harness, top_up.reference, transaction="A-1")

    assert _book(harness, top_up.reference, transaction="A-1") == [
        BankBookingResult.KNOWN
    ]

    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("50")


@pytest.mark.parametrize("differs", ["amount", "top-up"])
def test_another_payment_under_a_known_name_is_reported_and_not_booked(
    harness: BillingHarness, differs: str
) -> None:
    top_up, other = _begin(harness), _begin(harness)
    _book(harness, top_up.reference, transaction="C-1")
    second = other if differs == "top-up" else top_up
    amount = money("10") if differs == "amount" else None

    assert _book(harness, second.reference, amount, transaction="C-1") == [
        BankBookingResult.CONFLICT
    ]

    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("50")


@pytest.mark.parametrize(
    ("text", "amount", "result"),
    [
        ("no reference", money("59.50"), BankBookingResult.UNMATCHED),
        ("TU-2222-2222-2222", money("59.50"), BankBookingResult.UNMATCHED),
        ("", money("59.50"), BankBookingResult.UNMATCHED),
        ("{0}", money("59.50", "USD"), BankBookingResult.WRONG_CURRENCY),
    ],
)
def test_a_payment_for_no_top_up_is_reported_and_not_booked(
    harness: BillingHarness, text: str, amount: Money, result: BankBookingResult
) -> None:
    top_up = _begin(harness)

    assert _book(harness, text.format(top_up.reference), amount) == [result]

    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("0")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("Interest", "0.00"), ("{0}", "-1"), ("\N{RIGHT-TO-LEFT OVERRIDE}{0}", "59.50")],
)
def test_an_odd_credit_keeps_no_other_from_being_booked(
    harness: BillingHarness, text: str, amount: str
) -> None:
    top_up = _begin(harness)
    odd = _credit(harness, text.format(top_up.reference), "G-1", money(amount))
    good = _credit(harness, top_up.reference, "G-2")

    assert _book_all(harness, [odd, good], harness.operator()) == [
        BankBookingResult.UNFIT,
        BankBookingResult.BOOKED,
    ]

    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("50")


def test_two_statements_at_once_in_opposite_orders_are_both_booked(
    harness: BillingHarness,
) -> None:
    references = [_begin(harness).reference for _ in range(4)]

    def book(number: int) -> list[BankBookingResult]:
        names = references if number else reversed(references)
        credits_ = [_credit(harness, name, f"O-{number}-{name}") for name in names]
        return _book_all(harness, credits_, harness.operator())

    assert all_at_once(book, 2) == [[BankBookingResult.BOOKED] * 4] * 2

    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("400")
    assert harness.differences() == []


def test_one_statement_by_several_at_once_is_booked_by_one(
    harness: BillingHarness,
) -> None:
    top_up = _begin(harness)

    def book(_number: int) -> list[BankBookingResult]:
        return _book(harness, top_up.reference, transaction="S-1")

    results = sorted(result.value for (result,) in all_at_once(book))

    assert results == ["booked"] + ["known"] * (THREADS - 1)
    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("50")


def test_customers_can_not_book_payments_of_their_own(harness: BillingHarness) -> None:
    top_up = _begin(harness)
    credit = BankCredit(transaction="G-3", amount=money("59.50"), text=top_up.reference)

    with pytest.raises(Forbidden):
        _book_all(harness, [credit], harness.member(Role.OWNER))


def _begin(harness: BillingHarness, net: str = "50.00") -> TopUp:
    owner = harness.principals.user(Role.OWNER, harness.company_id)
    asked = billing.top_ups.QuoteTopUp(net=money(net))
    quote = harness.call(billing.top_ups.QUOTE_TOP_UP, asked, owner)
    begin = billing.top_ups.BeginTopUp(
        net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
    )
    return harness.call(billing.top_ups.BEGIN_TOP_UP, begin, owner)


def _start(harness: BillingHarness, top_up: TopUp) -> billing.top_ups.StartedPayment:
    request = billing.top_ups.StartPayment(
        top_up_id=top_up.id, return_url="http://localhost/"
    )
    return harness.call(billing.top_ups.START_PAYMENT, request, harness.member())


def _book(
    harness: BillingHarness,
    text: str,
    amount: Money | None = None,
    transaction: str = "",
) -> list[BankBookingResult]:
    credit = _credit(harness, text, transaction, amount)
    return _book_all(harness, [credit], harness.operator())


def _credit(
    harness: BillingHarness, text: str, transaction: str, amount: Money | None = None
) -> BankCredit:
    return BankCredit(
        transaction=f"{transaction}{harness.company_id}",
        amount=money("59.50") if amount is None else amount,
        text=text,
    )


def _book_all(
    harness: BillingHarness, credits_: list[BankCredit], principal: str
) -> list[BankBookingResult]:
    request = billing.payments.BookBankPayments(credits=credits_)
    done = harness.call(billing.payments.BOOK_BANK_PAYMENTS, request, principal)
    return [booking.result for booking in done.bookings]
