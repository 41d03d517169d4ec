"""Bank statements as banks write them, from the file into the wallet."""

from pathlib import Path

import pytest

from cli.importing.bank_statements import read_statement
from services.billing.gateways.bank_transfer import Account, BankTransfer
from services.billing.parties.sellers import FIRST
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName
from shared.contracts.identity.memberships import Role
from shared.db.database import Database
from tests.fixtures.billing.harness import BillingHarness, money

DATA = Path("tests/data/bank-statements")
IBAN = "DE89370400440532013000"
REFERENCE = "TU-AAAA-AAAA-AAAA"


@pytest.fixture
def harness(billing_database: Database) -> BillingHarness:
    account = Account("Client Area GmbH", IBAN, "COBADEFF", "Commerzbank")
    gateways = {GatewayName.BANK_TRANSFER: BankTransfer({FIRST: account})}
    harness = BillingHarness(billing_database, gateways=gateways)
    harness.live_in("Europe/Berlin")
    harness.open_wallet()
    return harness


@pytest.mark.parametrize(
    ("name", "told", "net"),
    [
        ("plus-sign", (["booked"], []), "100"),
        ("batch-half-detailed", (["booked"], ["not_detailed 59.50 EUR"]), "100"),
        ("reversed-debit", (["booked"], ["reversal 119.00 EUR"]), "100"),
        ("reversed-credit", ([], ["reversal 119.00 EUR"]), "0"),
        ("charges-deducted", (["booked"], []), "100"),
        ("reference-in-entry-text", (["booked"], []), "100"),
        ("interest-without-name", (["booked", "unmatched"], []), "50"),
    ],
)
def test_a_statement_books_payments_and_reports_the_rest(
    harness: BillingHarness,
    tmp_path: Path,
    name: str,
    told: tuple[list[str], list[str]],
    net: str,
) -> None:
    reference = _begin(harness)
    results, left_out = told

    assert _book(harness, tmp_path, name, reference) == told

    known = ["known" if each == "booked" else each for each in results]
    assert _book(harness, tmp_path, name, reference) == (known, left_out)
    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money(net)
    assert harness.differences() == []


def test_a_name_that_a_bank_uses_again_is_other_money_on_another_day(
    harness: BillingHarness, tmp_path: Path
) -> None:
    reference = _begin(harness)
    _book(harness, tmp_path, "reused-name-first-day", reference)

    second = _book(harness, tmp_path, "reused-name-second-day", reference)

    assert second == (["unmatched"], [])


def test_money_without_a_name_that_another_statement_has_is_a_persons_to_judge(
    harness: BillingHarness, tmp_path: Path
) -> None:
    reference = _begin(harness)
    nameless = ("<AcctSvcrRef>E1</AcctSvcrRef>", "")
    _book(harness, tmp_path, "plus-sign", reference, nameless)

    again = _book(harness, tmp_path, "plus-sign", reference, nameless)
    other = _book(
        harness, tmp_path, "plus-sign", reference, nameless, ("<Id>S1", "<Id>S2")
    )

    assert (again[0], other[0]) == (["known"], ["conflict"])
    (wallet,) = harness.dashboard().wallets
    assert wallet.balance == money("100")


def _begin(harness: BillingHarness) -> str:
    owner = harness.principals.user(Role.OWNER, harness.company_id)
    asked = billing.top_ups.QuoteTopUp(net=money("100.00"))
    quote = harness.call(billing.top_ups.QUOTE_TOP_UP, asked, owner)
    begin = billing.top_ups.BeginTopUp(
        net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
    )
    return harness.call(billing.top_ups.BEGIN_TOP_UP, begin, owner).reference


def _book(
    harness: BillingHarness,
    folder: Path,
    name: str,
    reference: str,
    *changed: tuple[str, str],
) -> tuple[list[str], list[str]]:
    """What became of each credit, and what of the file was none."""
    text = (DATA / f"{name}.xml").read_text()
    # Offices share a database, and an account belongs to one of them.
    text = text.replace(REFERENCE, reference).replace(IBAN, str(harness.company_id))
    for was, now in changed:
        text = text.replace(was, now)
    file = folder / "statement.xml"
    file.write_text(text)
    statement = read_statement(file)
    request = billing.payments.BookBankPayments(credits=statement.credits)
    done = harness.call(
        billing.payments.BOOK_BANK_PAYMENTS, request, harness.operator()
    )
    left_out = [f"{each.why} {each.amount}" for each in statement.left_out]
    return [each.result.value for each in done.bookings], left_out
