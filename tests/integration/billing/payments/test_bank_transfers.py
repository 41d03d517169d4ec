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
from tests.fixtures.billing.office import Office, money
from tests.fixtures.threads import THREADS, all_at_once

IBAN = "DE89370400440532013000"


@pytest.fixture
def office(billing_database: Database) -> Office:
    account = Account("Client Area GmbH", IBAN, "COBADEFF", "Commerzbank")
    gateways = {GatewayName.BANK_TRANSFER: BankTransfer({FIRST: account})}
    office = Office(billing_database, gateways=gateways)
    office.live_in("Europe/Berlin")
    office.open_wallet()
    return office


def test_the_customer_sees_the_account_and_the_reference(
    office: Office,
) -> None:
    top_up = _begin(office)

    started = _start(office, top_up)
    again = _start(office, top_up)

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
    office: Office, written: str, *, started: bool
) -> None:
    top_up = _begin(office)
    if started:
        _start(office, top_up)
    text = written.format(top_up.reference)
    if written == "lower":
        text = "payment " + top_up.reference.lower().replace("-", " ")

    assert _book(office, text) == [BankBookingResult.BOOKED]

    (wallet,) = office.dashboard().wallets
    assert wallet.balance == money("50")
    assert office.differences() == []


def test_when_another_amount_comes_the_top_up_says_what_was_credited(
    office: Office,
) -> None:
    top_up = _begin(office)

    _book(office, top_up.reference, amount=money("29.75"))

    request = billing.top_ups.GetTopUp(top_up_id=top_up.id)
    shown = office.call(billing.top_ups.GET_TOP_UP, request, office.member())
    assert (shown.net, shown.credited) == (money("50"), money("25"))


def test_instalments_are_duplicates_only_beyond_the_amount_due(
    office: Office,
) -> None:
    top_up = _begin(office)  # of 59.50, tax included

    marked = []
    for number, part in enumerate(("29.75", "20.00", "9.75", "9.75")):
        _book(office, top_up.reference, money(part), transaction=f"I-{number}")
        request = billing.top_ups.GetTopUp(top_up_id=top_up.id)
        shown = office.call(billing.top_ups.GET_TOP_UP, request, office.member())
        marked.append(sum(bool(each.duplicate_of) for each in shown.payments))

    assert marked == [0, 0, 0, 1]


def test_much_more_than_was_asked_for_has_the_tax_of_its_rate(
    office: Office,
) -> None:
    # 19 % are 1.9038, and 1.90 was asked for: of a thousandfold 3.19 would be missing.
    top_up = _begin(office, "10.02")

    _book(office, top_up.reference, amount=money("11924.00"))

    (wallet,) = office.dashboard().wallets
    assert wallet.balance == money("10020.17")
    assert office.differences() == []


def test_a_statement_read_twice_is_booked_once(office: Office) -> None:
    top_up = _begin(office)
    _book(office, top_up.reference, transaction="A-1")

    assert _book(office, top_up.reference, transaction="A-1") == [
        BankBookingResult.KNOWN
    ]

    (wallet,) = office.dashboard().wallets
    assert wallet.balance == money("50")


@pytest.mark.parametrize("differs", ["amount", "top-up"])
def test_another_payment_under_a_known_name_is_reported_and_not_booked(
    office: Office, differs: str
) -> None:
    top_up, other = _begin(office), _begin(office)
    _book(office, top_up.reference, transaction="C-1")
    second = other if differs == "top-up" else top_up
    amount = money("10") if differs == "amount" else None

    assert _book(office, second.reference, amount, transaction="C-1") == [
        BankBookingResult.CONFLICT
    ]

    (wallet,) = office.dashboard().wallets
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
    office: Office, text: str, amount: Money, result: BankBookingResult
) -> None:
    top_up = _begin(office)

    assert _book(office, text.format(top_up.reference), amount) == [result]

    (wallet,) = office.dashboard().wallets
    assert wallet.balance == money("0")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("Interest", "0.00"), ("{0}", "-1"), ("\N{RIGHT-TO-LEFT OVERRIDE}{0}", "59.50")],
)
def test_an_odd_credit_keeps_no_other_from_being_booked(
    office: Office, text: str, amount: str
) -> None:
    top_up = _begin(office)
    odd = _credit(office, text.format(top_up.reference), "G-1", money(amount))
    good = _credit(office, top_up.reference, "G-2")

    assert _book_all(office, [odd, good], office.operator()) == [
        BankBookingResult.UNFIT,
        BankBookingResult.BOOKED,
    ]

    (wallet,) = office.dashboard().wallets
    assert wallet.balance == money("50")


def test_two_statements_at_once_in_opposite_orders_are_both_booked(
    office: Office,
) -> None:
    references = [_begin(office).reference for _ in range(4)]

    def book(number: int) -> list[BankBookingResult]:
        names = references if number else reversed(references)
        credits_ = [_credit(office, name, f"O-{number}-{name}") for name in names]
        return _book_all(office, credits_, office.operator())

    assert all_at_once(book, 2) == [[BankBookingResult.BOOKED] * 4] * 2

    (wallet,) = office.dashboard().wallets
    assert wallet.balance == money("400")
    assert office.differences() == []


def test_one_statement_by_several_at_once_is_booked_by_one(office: Office) -> None:
    top_up = _begin(office)

    def book(_number: int) -> list[BankBookingResult]:
        return _book(office, top_up.reference, transaction="S-1")

    results = sorted(result.value for (result,) in all_at_once(book))

    assert results == ["booked"] + ["known"] * (THREADS - 1)
    (wallet,) = office.dashboard().wallets
    assert wallet.balance == money("50")


def test_customers_can_not_book_payments_of_their_own(office: Office) -> None:
    top_up = _begin(office)
    credit = BankCredit(transaction="G-3", amount=money("59.50"), text=top_up.reference)

    with pytest.raises(Forbidden):
        _book_all(office, [credit], office.member(Role.OWNER))


def _begin(office: Office, net: str = "50.00") -> TopUp:
    owner = office.principals.user(Role.OWNER, office.company_id, is_verified=True)
    asked = billing.top_ups.QuoteTopUp(net=money(net))
    quote = office.call(billing.top_ups.QUOTE_TOP_UP, asked, owner)
    begin = billing.top_ups.BeginTopUp(
        net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
    )
    return office.call(billing.top_ups.BEGIN_TOP_UP, begin, owner)


def _start(office: Office, top_up: TopUp) -> billing.top_ups.StartedPayment:
    request = billing.top_ups.StartPayment(
        top_up_id=top_up.id, return_url="http://localhost/"
    )
    return office.call(billing.top_ups.START_PAYMENT, request, office.member())


def _book(
    office: Office, text: str, amount: Money | None = None, transaction: str = ""
) -> list[BankBookingResult]:
    credit = _credit(office, text, transaction, amount)
    return _book_all(office, [credit], office.operator())


def _credit(
    office: Office, text: str, transaction: str, amount: Money | None = None
) -> BankCredit:
    return BankCredit(
        transaction=f"{transaction}{office.company_id}",
        amount=money("59.50") if amount is None else amount,
        text=text,
    )


def _book_all(
    office: Office, credits_: list[BankCredit], principal: str
) -> list[BankBookingResult]:
    request = billing.payments.BookBankPayments(credits=credits_)
    done = office.call(billing.payments.BOOK_BANK_PAYMENTS, request, principal)
    return [booking.result for booking in done.bookings]
