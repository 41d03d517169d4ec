"""The list of transactions, before a billing whose answers are made up."""

from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from shared.contracts.actors import Actor, ActorKind
from shared.contracts.billing.transactions import (
    LIST_TRANSACTIONS,
    FailedPayment,
    ListTransactions,
    Transaction,
    TransactionPage,
)
from shared.contracts.notes import NoteCode, card_note
from tests.fixtures.documents import money
from tests.fixtures.fake_services import OTHER_OF_OURS, OURS, START, FakeServices
from tests.fixtures.web.catalogues import catalogue_with, translated
from tests.fixtures.web.top_ups import FIRST, OTHER_ID, TOP_UP_ID, opened


@pytest.fixture
def browser(billing: FakeServices) -> FlaskClient:
    return billing.browser()


def test_transactions_mark_duplicates_and_list_failed_payments(
    billing: FakeServices, browser: FlaskClient
) -> None:
    failed = FailedPayment(
        top_up_id=OTHER_ID,
        reference="TU-1",
        amount=money("23.80"),
        at=START,
        failure="card_declined",
    )
    page_ = TransactionPage(
        transactions=[
            transaction(1),
            transaction(2, is_possible_duplicate=True),
            transaction(3, is_possible_duplicate=True, is_given_back=True),
        ],
        currencies=["EUR"],
        previous=None,
        next=None,
        failed=[failed],
    )
    billing.answers[str(LIST_TRANSACTIONS)] = lambda _: page_

    page = opened(browser, f"/companies/{OURS}/transactions")

    assert page.count('class="state state-warning"') == 1
    assert page.count('class="state state-neutral"') == 1
    assert page.count('class="state state-danger"') == 1
    assert "Your bank declined the card." in page
    to_top_up = f'href="/funds/top-ups/{OTHER_ID}?company={OURS}">'
    assert f'{to_top_up}<bdi class="reference">TU-1</bdi></a>' in page
    assert f'href="/funds/top-ups/{TOP_UP_ID}?company={OURS}"' in page


@pytest.mark.parametrize("ending", ["", ".csv"])
def test_notes_are_searched_in_the_readers_language_not_the_browsers(
    billing: FakeServices, browser: FlaskClient, tmp_path: Path, ending: str
) -> None:
    billing.answers[str(LIST_TRANSACTIONS)] = lambda _: TransactionPage(
        transactions=[], currencies=["EUR"], previous=None, next=None, failed=[]
    )

    with translated(tmp_path, {"de": catalogue_with("de", ("Card", "Karte"))}):
        answer = browser.get(
            f"/companies/{OURS}/transactions{ending}?q=card",
            headers={"Accept-Language": "de"},
        )

    assert answer.status_code == 200
    (asked,) = (it for _, _, it in billing.calls if isinstance(it, ListTransactions))
    assert asked.note_words[NoteCode.CARD] == "Card"


@pytest.mark.parametrize("company", [OURS, OTHER_OF_OURS])
def test_an_empty_list_offers_to_add_funds_to_the_current_company_only(
    billing: FakeServices, browser: FlaskClient, company: UUID
) -> None:
    nothing = TransactionPage(
        transactions=[], currencies=[], previous=None, next=None, failed=[]
    )
    billing.answers[str(LIST_TRANSACTIONS)] = lambda _: nothing

    page = opened(browser, f"/companies/{company}/transactions")

    main = page.partition("<main")[2]
    assert ("/funds/add" in main) is (company == OURS)


def transaction(
    number: int, *, is_possible_duplicate: bool = False, is_given_back: bool = False
) -> Transaction:
    return Transaction(
        number=number,
        entry_id=FIRST,
        at=START,
        kind="top_up",
        note=card_note("Visa", "4242"),
        actor=Actor(kind=ActorKind.AUTOMATIC),
        amount=money("100.00"),
        balance=money("100.00"),
        top_up_id=TOP_UP_ID,
        is_possible_duplicate=is_possible_duplicate,
        is_given_back=is_given_back,
    )
