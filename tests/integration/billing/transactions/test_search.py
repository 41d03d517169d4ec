"""Search in transactions: by what a customer has at hand, and in their own alone."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import func, select

from services.billing.transactions import search as transaction_search
from services.billing.transactions.search import FEW, MOST_SPELLINGS, MOST_WORDS
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.transactions import (
    LIST_TRANSACTIONS,
    ListTransactions,
    Transaction,
    TransactionGroup,
    TransactionPage,
)
from shared.contracts.identity.memberships import Role
from shared.contracts.notes import NoteCode
from shared.db.database import Database
from shared.errors import InvalidInput
from shared.money import Money, zero
from tests.fixtures.billing.harness import START, BillingHarness, a_service, money
from tests.fixtures.billing.movements import move
from tests.fixtures.billing.payer import Payer, a_payer
from tests.fixtures.properties import over_database
from tests.fixtures.sandbox import Sandbox

NOTES = (
    "Late delivery of order-7",
    "Kulanz für die Störung",
    '=HYPERLINK("http://x")',
    "100% off_season",
    "it's \\ quoted & piped | (so) !",
    "خصم خاص",
)
CREDITED = "Half of it is asked back"

_A_SECOND = select(func.pg_sleep(1))


@pytest.fixture(scope="module")
def payer(billing_database: Database, bank: Sandbox) -> Payer:
    """A company that was paid for, given back, charged, and adjusted with each note."""
    payer = a_payer(billing_database, bank)
    paid = payer.pay("840.50")
    payer.harness.call(
        billing.top_ups.REFUND_TOP_UP,
        billing.top_ups.RefundTopUp(
            top_up_id=paid.id, net=money("40.00"), reason=CREDITED
        ),
        payer.harness.operator(),
    )
    service = a_service(payer.harness.company_id, "0.126", activated_at=START)
    payer.harness.add_service(service)
    payer.harness.call(
        billing.charging.CHARGE_DUE,
        billing.charging.ChargeDue(),
        payer.harness.operator(),
    )
    for number, note in enumerate(NOTES):
        payer.harness.adjust(f"{number + 1}.25", reason=note)
    payer.harness.run_job("issue_documents")
    return payer


def page_of(harness: BillingHarness, request: ListTransactions) -> TransactionPage:
    return harness.call(LIST_TRANSACTIONS, request, harness.member(Role.VIEWER))


def find(harness: BillingHarness, search: str, **filters: object) -> list[Transaction]:
    request = ListTransactions(search=search, **filters)  # type: ignore[arg-type]
    page = page_of(harness, request)
    assert page.failed == []
    return page.transactions


def _words(transaction: Transaction) -> str:
    """What its operator typed."""
    return transaction.note.parameters["words"]


def kinds(found: list[Transaction]) -> list[str]:
    return [each.kind for each in found]


def reference(payer: Payer) -> str:
    (paid,) = find(payer.harness, "", group=TransactionGroup.TOP_UPS)
    assert paid.top_up_reference
    return paid.top_up_reference


WORDS: list[tuple[str, set[int]]] = [
    ("delivery", {0}),
    ("LATE deliv", {0}),
    ("order-7", {0}),
    ("order kulanz", set()),
    ("störung", {1}),
    ("sto\u0308r", {1}),
    ("storung", set()),
    ("=hyperlink", {2}),
    ('=HYPERLINK("http://x")', {2}),
    ("100%", {3}),
    ("%", set()),
    ("_", set()),
    ("off_", {3}),
    ("f_season", set()),
    ("it's", {4}),
    ("' OR '1'='1", set()),
    ("\\", set()),
    ("\\ quoted", {4}),
    ("& | ! ()", set()),
    ("خصم", {5}),
    ("service", set()),
    ("payment", set()),
    (":refund", set()),
]


@pytest.mark.parametrize(("search", "notes"), WORDS)
def test_each_word_must_begin_one_of_the_note(
    payer: Payer, search: str, notes: set[int]
) -> None:
    found = {_words(each) for each in find(payer.harness, search)}

    assert found == {NOTES[note] for note in notes}


def test_a_note_is_found_by_its_parameters_and_the_readers_words_for_its_code(
    payer: Payer,
) -> None:
    german = {NoteCode.CARD_ENDING: " endet auf ", "of_tomorrow": "endet"}

    assert kinds(find(payer.harness, "sandbox 4242")) == ["top_up"]
    assert kinds(find(payer.harness, "4242 ende", note_words=german)) == ["top_up"]
    assert find(payer.harness, "ende") == []
    assert find(payer.harness, NoteCode.CARD_ENDING, note_words=german) == []


AMOUNTS: list[tuple[str, list[str]]] = [
    ("1.25", ["correction"]),
    ("1,25", ["correction"]),
    ("+1.25 EUR", ["correction"]),
    ("€ 1.25", ["correction"]),
    ("-1.25", []),
    ("1.25 USD", []),
    ("1.2", []),
    ("40", ["refund"]),
    ("40.00", ["refund"]),
    ("\N{MINUS SIGN}40.00\N{NO-BREAK SPACE}EUR", ["refund"]),
    ("47.60", ["refund"]),
    ("840.5", ["top_up"]),
    ("1000.2", ["top_up"]),
    ("1.000,20", ["top_up"]),
    ("1,000.20", ["top_up"]),
    ("1 000,20", ["top_up"]),
    ("1\N{RIGHT SINGLE QUOTATION MARK}000.20", ["top_up"]),
    ("0.126", ["charge"]),
    ("0.13", ["charge"]),
    ("-0.13", ["charge"]),
    ("0.12", []),
    ("1.25 delivery", ["correction"]),
    ("2.25 delivery", []),
    ("9" * 150, []),
]


@pytest.mark.parametrize(("search", "expected"), AMOUNTS)
def test_an_amount_is_found_exactly_as_booked_as_shown_and_as_paid(
    payer: Payer, search: str, expected: list[str]
) -> None:
    assert kinds(find(payer.harness, search)) == expected


def test_a_top_ups_reference_finds_everything_about_it(payer: Payer) -> None:
    written = reference(payer)

    for search in (written, written.lower(), written.replace("-", ""), f"({written})"):
        assert kinds(find(payer.harness, search)) == ["refund", "top_up"]
    assert kinds(find(payer.harness, f"{written} half")) == ["refund"]
    assert find(payer.harness, written[:-1]) == []


def test_a_documents_number_finds_what_it_is_about_and_the_row_names_it(
    payer: Payer,
) -> None:
    listed = payer.harness.call(
        billing.documents.LIST_DOCUMENTS,
        billing.documents.ListDocuments(),
        payer.owner(),
    ).documents
    about = {DocumentKind.INVOICE: "top_up", DocumentKind.CREDIT_NOTE: "refund"}

    assert len(listed) == len(about)
    for document in listed:
        (found,) = find(payer.harness, document.number.lower())
        assert found.kind == about[document.kind]
        assert found.document is not None
        assert found.document.number == document.number
        assert find(payer.harness, document.number[:-1]) == []


def test_a_proformas_number_finds_the_payment_that_came_for_it(
    billing_database: Database, bank: Sandbox
) -> None:
    payer = a_payer(billing_database, bank)
    quote = payer.quote("50.00")
    request = billing.top_ups.BeginTopUp(
        net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
    )
    top_up = payer.harness.call(billing.top_ups.BEGIN_TOP_UP, request, payer.owner())
    payer.harness.run_job("issue_documents")
    listing = billing.documents.ListDocuments(kind=DocumentKind.PROFORMA)
    page = payer.harness.call(billing.documents.LIST_DOCUMENTS, listing, payer.owner())
    number = page.documents[0].number
    assert find(payer.harness, number) == []

    credit = billing.payments.BankCredit(
        transaction="B-1", amount=top_up.gross, text=top_up.reference
    )
    booking = billing.payments.BookBankPayments(credits=[credit])
    payer.harness.call(
        billing.payments.BOOK_BANK_PAYMENTS, booking, payer.harness.operator()
    )

    assert kinds(find(payer.harness, number)) == ["top_up"]


def test_nobody_elses_transactions_are_found(payer: Payer) -> None:
    stranger = BillingHarness(payer.harness.database)
    stranger.open_wallet()
    stranger.adjust("1.25", reason="Only of the stranger's delivery")
    (invoice,) = payer.harness.call(
        billing.documents.LIST_DOCUMENTS,
        billing.documents.ListDocuments(kind=DocumentKind.INVOICE),
        payer.owner(),
    ).documents

    for search in ("kulanz", "40.00", "1000.20", reference(payer), invoice.number):
        assert find(payer.harness, search)
        assert find(stranger, search) == []
    for search in ("1.25", "delivery"):
        assert [each.amount.amount for each in find(stranger, search)] == [
            money("1.25").amount
        ]
        assert [_words(each) for each in find(payer.harness, search)] == [NOTES[0]]


def test_a_search_is_narrowed_like_the_list(payer: Payer) -> None:
    written = reference(payer)
    groups = {"top_up": TransactionGroup.TOP_UPS, "refund": TransactionGroup.REFUNDS}

    for kind, group in groups.items():
        assert kinds(find(payer.harness, written, group=group)) == [kind]
    assert find(payer.harness, written, group=TransactionGroup.CHARGES) == []
    assert len(find(payer.harness, written, currency="EUR")) == 2
    assert find(payer.harness, written, currency="USD") == []
    assert find(payer.harness, "1.25 EUR", currency="USD") == []
    day = find(payer.harness, written)[0].at.date()
    assert len(find(payer.harness, written, first_day=day, last_day=day)) == 2
    assert find(payer.harness, written, last_day=day.replace(year=day.year - 1)) == []
    assert find(payer.harness, written, first_day=day.replace(year=day.year + 1)) == []


@given(text=st.text(max_size=200))
@over_database(30)
def test_no_text_breaks_the_search(payer: Payer, text: str) -> None:
    try:
        find(payer.harness, text)
    except InvalidInput as refusal:
        assert refusal.code == "search_too_long"  # noqa: PT017


@pytest.mark.parametrize(
    "text", ["x" * 201, " ".join(f"w{n}" for n in range(MOST_WORDS + 1))]
)
def test_what_is_too_long_is_refused(payer: Payer, text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        find(payer.harness, text)

    assert refusal.value.code == "search_too_long"


def test_a_search_that_takes_too_long_is_given_up(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction_search, "LONGEST_MS", 1)
    monkeypatch.setattr(
        transaction_search, "_terms_of", lambda session, *_: session.scalar(_A_SECOND)
    )

    with pytest.raises(InvalidInput, match="search_too_slow"):
        find(payer.harness, "anything")


def test_where_very_many_words_begin_so_only_the_whole_word_is_meant(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    harness.adjust("1", reason="ship")
    for number in range(MOST_SPELLINGS - 1):
        harness.adjust("1", reason=f"ship{number}")
    assert len(find(harness, "ship")) == MOST_SPELLINGS

    harness.adjust("1", reason="shipment")

    assert [_words(each) for each in find(harness, "ship")] == ["ship"]
    assert [_words(each) for each in find(harness, "shipm")] == ["shipment"]


@pytest.mark.parametrize("search", ["rent", "rent due", "3"])
def test_a_search_pages_both_ways_with_the_same_balances(
    many: BillingHarness, search: str
) -> None:
    """Of words and of amounts; some bear two words that begin so."""
    everything = _walk(many, ListTransactions(limit=100))
    matching = [each for each in everything if _matches(each, search)]
    assert len(matching) > FEW
    assert _follow_each_other(everything)
    request = ListTransactions(search=search, limit=97)

    pages = list(_pages(many, request))

    assert [each for page in pages for each in page.transactions] == matching
    back = pages[-1]
    for page in reversed(pages[:-1]):
        assert back.previous is not None
        back = page_of(many, structs.replace(request, cursor=back.previous))
        assert back.transactions == page.transactions


def test_a_search_turns_pages_stably_while_new_transactions_arrive(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    for number in range(6):
        harness.adjust(f"{number + 1}", reason="rent" if number % 2 else "rental")
    request = ListTransactions(search="rent", limit=2)
    first = page_of(harness, request)

    harness.adjust("7", reason="rent")
    second = page_of(harness, structs.replace(request, cursor=first.next))
    harness.adjust("8", reason="rental")
    back = page_of(harness, structs.replace(request, cursor=second.previous))

    assert [each.amount.amount for each in second.transactions] == [4, 3]
    assert back.transactions == first.transactions
    assert back.previous is not None
    newest = page_of(harness, structs.replace(request, cursor=back.previous))
    assert [each.amount.amount for each in newest.transactions] == [8, 7]


@pytest.fixture(scope="module")
def many(billing_database: Database) -> BillingHarness:
    harness = BillingHarness(billing_database)
    for currency in ("EUR", "USD"):
        harness.open_wallet(currency)
        harness.adjust("100", currency)
    move(harness, 3 * FEW + 100)
    return harness


def _matches(transaction: Transaction, search: str) -> bool:
    if search == "3":
        return abs(transaction.amount.amount) == 3
    return transaction.note.as_written.startswith("rent")


def _follow_each_other(transactions: list[Transaction]) -> bool:
    """Whether each leaves the balance that the one before it in its wallet did."""
    left: dict[str, Money] = {}
    for each in reversed(transactions):
        code = each.amount.currency.code
        if each.balance != left.get(code, zero(code)) + each.amount:
            return False
        left[code] = each.balance
    return True


def _pages(
    harness: BillingHarness, request: ListTransactions
) -> Iterator[TransactionPage]:
    page = page_of(harness, request)
    yield page
    while page.next is not None:
        page = page_of(harness, structs.replace(request, cursor=page.next))
        yield page


def _walk(harness: BillingHarness, request: ListTransactions) -> list[Transaction]:
    return [each for page in _pages(harness, request) for each in page.transactions]
