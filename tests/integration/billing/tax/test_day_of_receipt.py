"""A payment is taxed by the rule of the day on which its money is received."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from services.billing.documents.rendering.sheet import notes
from services.billing.models.tax import TaxId
from services.billing.tax.customers import customer_at, customer_of, keep_customer
from services.billing.tax.rates import known_rates
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentContent
from shared.contracts.billing.payments import BankBookingResult, BankCredit
from shared.contracts.billing.tax import TaxIdMatch, TaxIdState
from shared.contracts.billing.top_ups import TopUp
from tests.fixtures.billing.harness import START, BillingHarness, a_company, money
from tests.fixtures.billing.payer import Payer

NEW_RATE = date(2026, 3, 10)
"""Nine days after the tests begin."""


def move(
    payer: Payer, country: str, version: int, *, is_business: bool = False
) -> None:
    moved = a_company(payer.harness.company_id, "UTC", version, country)
    body = replace(moved.body, is_business=is_business)
    payer.harness.deliver(replace(moved, body=body))


def add_rate(
    harness: BillingHarness,
    country: str,
    percent: str,
    valid_from: date = NEW_RATE,
    territory: str = "",
) -> billing.tax.TaxRates:
    request = billing.tax.AddTaxRate(
        country=country,
        territory=territory,
        rate_percent=Decimal(percent),
        valid_from=valid_from,
    )
    return harness.call(billing.tax.ADD_TAX_RATE, request, harness.operator())


def book(
    payer: Payer,
    top_up: TopUp,
    booked_on: date | None = None,
    payer_country: str = "",
    transaction: str = "",
) -> None:
    credit = BankCredit(
        transaction=f"{top_up.id}{transaction}",
        amount=top_up.gross,
        text=top_up.reference,
        booked_on=booked_on,
        payer_country=payer_country,
    )
    request = billing.payments.BookBankPayments(credits=[credit])
    (done,) = payer.harness.call(
        billing.payments.BOOK_BANK_PAYMENTS, request, payer.harness.operator()
    ).bookings
    assert done.result is BankBookingResult.BOOKED


def issued(payer: Payer) -> list[DocumentContent]:
    """What the company's documents say, the oldest first."""
    harness = payer.harness
    harness.run_job("issue_documents")
    wanted = billing.documents.ListDocuments()
    page = harness.call(billing.documents.LIST_DOCUMENTS, wanted, payer.owner())
    contents = []
    for each in reversed(page.documents):
        request = billing.documents.GetDocument(document_id=each.id)
        whole = harness.call(billing.documents.GET_DOCUMENT, request, payer.owner())
        contents.append(whole.content)
    return contents


def set_vat_id(payer: Payer, state: TaxIdState) -> None:
    """As if the register had just answered."""
    harness, now = payer.harness, payer.harness.clock.now()
    with harness.database.system() as session:
        row = TaxId(
            company_id=harness.company_id,
            version=1,
            number="PL5260001246",
            country="PL",
            state=state,
            checked_at=now,
            match=TaxIdMatch.MATCHES if state is TaxIdState.VALID else None,
            name="",
            address="",
            proof="",
            failure="",
            failure_count=0,
            confirmed_by="",
            confirmed_why="",
        )
        session.merge(row)
        session.flush()
        keep_customer(session, harness.company_id, now)


@pytest.mark.parametrize(
    ("booked_on", "net", "percent", "quoted"),
    [
        (NEW_RATE - timedelta(days=1), "100.00", "25.5", False),
        # 125.50 that were paid, with 30 %: 96.54 and 28.96.
        (NEW_RATE, "96.54", "30", True),
    ],
)
def test_a_rate_that_begins_before_the_money_comes_is_taken_from_what_was_paid(
    payer: Payer, booked_on: date, net: str, percent: str, *, quoted: bool
) -> None:
    move(payer, "FI", 8)
    top_up = payer.begin("100.00")
    assert top_up.gross == money("125.50")
    add_rate(payer.harness, "FI", "30")
    payer.harness.pass_time(timedelta(days=14))

    book(payer, top_up, booked_on)

    assert payer.balance == Decimal(net)
    (invoice,) = issued(payer)
    assert (invoice.net, invoice.gross) == (money(net), money("125.50"))
    assert invoice.tax_lines[0].rate_percent == Decimal(percent)
    assert invoice.paid_on == booked_on
    assert (invoice.quoted is not None) is quoted
    told = [note for note in notes(invoice) if "Quoted on 1 March 2026: VAT" in note]
    assert bool(told) is quoted
    (payment,) = payer.get(top_up.id).payments
    assert (payment.tax is not None) is quoted
    assert payer.harness.differences() == []


def test_what_goes_back_of_it_has_the_tax_that_it_bore(payer: Payer) -> None:
    move(payer, "SE", 8)
    top_up = payer.begin("100.00")
    add_rate(payer.harness, "SE", "50")
    payer.harness.pass_time(timedelta(days=14))
    book(payer, top_up)
    assert payer.balance == Decimal("83.33")

    payer.refund(top_up)

    invoice, note = issued(payer)
    assert (note.net, note.tax) == (invoice.net, invoice.tax)
    assert note.tax_lines[0].rate_percent == 50
    assert note.quoted is None
    assert payer.balance == 0


@pytest.mark.parametrize(
    ("booked_on", "rule"),
    [
        (START.date() + timedelta(days=2), "reverse_charge"),
        (START.date() + timedelta(days=5), "vat_id_invalid"),
        (None, "vat_id_invalid"),
    ],
)
def test_a_vat_id_counts_if_it_counted_on_that_day(
    payer: Payer, booked_on: date | None, rule: str
) -> None:
    move(payer, "PL", 8, is_business=True)
    set_vat_id(payer, TaxIdState.VALID)
    top_up = payer.begin("100.00")
    assert top_up.gross == money("100.00")
    payer.harness.pass_time(timedelta(days=5))
    set_vat_id(payer, TaxIdState.INVALID)
    payer.harness.pass_time(timedelta(days=5))

    book(payer, top_up, booked_on)

    (invoice,) = issued(payer)
    assert invoice.tax_reason.code == rule
    assert invoice.gross == money("100.00")
    assert payer.harness.differences() == []


def test_where_the_customer_was_that_day_counts(payer: Payer) -> None:
    move(payer, "FR", 8)
    top_up = payer.begin("100.00")
    payer.harness.pass_time(timedelta(days=5))
    move(payer, "US", 9)

    book(payer, top_up, START.date() + timedelta(days=3))
    book(payer, top_up, transaction="again")

    first, second = issued(payer)
    assert first.tax_reason.parameters["taxed_in"] == "FR"
    assert (second.tax_reason.code, second.net) == ("outside_eu", money("120.00"))


def test_money_that_has_no_rule_keeps_the_quoted_one(payer: Payer) -> None:
    move(payer, "ES", 8)
    top_up = payer.begin("100.00")
    moved = a_company(payer.harness.company_id, "UTC", 9, "ES")
    address = replace(moved.body.address, postal_code="350")
    body = replace(moved.body, address=address, is_business=False)
    payer.harness.deliver(replace(moved, body=body))

    book(payer, top_up)

    (invoice,) = issued(payer)
    assert (invoice.net, invoice.quoted) == (money("100.00"), None)
    # Where the customer is can be told all the less.
    (found,) = doubtful(payer)
    assert found.evidence.profile == "ES"


def test_a_card_is_taxed_by_the_day_in_the_country_that_taxes(payer: Payer) -> None:
    """Eleven in the evening in Berlin and midnight in Athens."""
    move(payer, "GR", 8)
    add_rate(payer.harness, "GR", "30")
    top_up = payer.begin("100.00")
    payer.start(top_up)
    payer.harness.clock.move_to(datetime(2026, 3, 9, 22, 30, tzinfo=UTC))

    payer.notify(payer.get(top_up.id).payments[0])

    (invoice,) = issued(payer)
    assert invoice.tax_lines[0].rate_percent == 30
    assert invoice.paid_on == date(2026, 3, 9)


def doubtful(payer: Payer) -> list[billing.tax.DoubtfulPlace]:
    today = payer.harness.clock.now().date()
    request = billing.tax.ListDoubtfulPlaces(
        first_day=today, last_day=today + timedelta(days=1), limit=1
    )
    found: list[billing.tax.DoubtfulPlace] = []
    while True:
        page = payer.harness.call(
            billing.tax.LIST_DOUBTFUL_PLACES, request, payer.harness.operator()
        )
        found += page.payments
        if page.next is None:
            break
        request = replace(request, cursor=page.next)
    return [each for each in found if each.company_id == payer.harness.company_id]


@pytest.mark.parametrize(
    ("country", "payer_country", "is_business", "is_doubtful"),
    [
        ("FI", "FI", False, False),
        ("AX", "fi", False, False),  # Åland has no bank accounts of its own
        ("FI", "DE", False, True),
        ("FI", "", False, True),
        ("FI", "XX", False, True),
        ("US", "", False, True),
        ("DE", "", True, False),
        ("FI", "DE", True, True),  # taxed as private, without a VAT ID
    ],
)
def test_a_private_customers_place_needs_two_pieces_of_evidence(
    payer: Payer,
    country: str,
    payer_country: str,
    *,
    is_business: bool,
    is_doubtful: bool,
) -> None:
    move(payer, country, 8, is_business=is_business)
    top_up = payer.begin("100.00")

    book(payer, top_up, payer_country=payer_country)
    book(payer, top_up, payer_country=payer_country, transaction="again")

    found = doubtful(payer)
    assert len(found) == (2 if is_doubtful else 0)
    for each in found:
        assert (each.reference, each.amount) == (top_up.reference, top_up.gross)
        known = payer_country if payer_country == "DE" else ""
        assert (each.evidence.profile, each.evidence.bank_account) == (country, known)


def test_a_new_rate_lists_the_open_top_ups_that_it_concerns(payer: Payer) -> None:
    move(payer, "NL", 8)
    top_up = payer.begin("100.00")
    cancelled = payer.begin("50.00")
    payer.cancel(cancelled)
    tomorrow = START.date() + timedelta(days=1)

    def concerned(percent: str, valid_from: date, country: str = "NL") -> list[str]:
        added = add_rate(payer.harness, country, percent, valid_from)
        assert all(each.rate_percent == 21 for each in added.concerned)
        return [each.reference for each in added.concerned]

    # A card's top-up ends after a day.
    assert concerned("23", tomorrow) == [top_up.reference]
    assert concerned("23", tomorrow + timedelta(days=1)) == []
    assert concerned("21", tomorrow) == []
    assert concerned("23", tomorrow, "BE") == []
    # It held for nobody any more when the top-up was begun.
    assert concerned("20", date(2020, 1, 1)) == []


@pytest.mark.parametrize(
    ("code", "of_country", "of_territory"), [("1000", 1, 0), ("9500", 0, 1)]
)
def test_a_countrys_rate_concerns_its_territories_that_have_none_of_their_own(
    payer: Payer,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    of_country: int,
    of_territory: int,
) -> None:
    moved = a_company(payer.harness.company_id, "UTC", 8, "PT")
    address = replace(moved.body.address, postal_code=f"{code}-001")
    body = replace(moved.body, is_business=False, address=address)
    payer.harness.deliver(replace(moved, body=body))
    top_up = payer.begin("100.00")

    tomorrow = START.date() + timedelta(days=1)

    def concerned(territory: str) -> int:
        added = add_rate(payer.harness, "PT", "24", tomorrow, territory)
        references = [each.reference for each in added.concerned]
        return references.count(top_up.reference)

    assert concerned("") == of_country
    with monkeypatch.context() as none_of_its_own:
        none_of_its_own.setattr(
            "services.billing.top_ups.concerned.known_rates",
            lambda session: [e for e in known_rates(session) if not e.territory],
        )
        assert concerned("") == 1
    assert concerned("PT-20") == of_territory


def test_what_was_known_before_days_of_receipt_were_kept_counts_ever_since(
    payer: Payer,
) -> None:
    """What the migration copies is what would have been kept."""
    migration = import_module("services.billing.migrations.0016_day_of_receipt")
    move(payer, "PL", 8, is_business=True)
    set_vat_id(payer, TaxIdState.VALID)
    company_id = payer.harness.company_id
    with payer.harness.database.system() as session:
        session.execute(text("DELETE FROM known_customers"))
        session.execute(text(migration.KNOWN_SO_FAR))
        before = customer_at(session, company_id, START - timedelta(days=100))
        assert before == customer_of(session, company_id)
        assert before.vat_id is not None
