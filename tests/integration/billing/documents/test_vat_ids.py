"""Which VAT ID a document shows for its buyer."""

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from services.billing.documents.issuing import issue_ordered
from services.billing.documents.listing import content_of
from services.billing.models.documents import Document
from services.billing.models.tax import TaxId
from shared.contracts.billing.tax import TaxIdMatch, TaxIdState
from shared.contracts.billing.top_ups import TopUp
from tests.fixtures.billing.harness import a_company
from tests.fixtures.billing.payer import Payer

GERMAN = "DE136695976"
POLISH = "PL5260001246"


@pytest.mark.parametrize(
    ("number", "state", "match", "shown"),
    [
        (GERMAN, TaxIdState.VALID, TaxIdMatch.MATCHES, GERMAN),
        (GERMAN, TaxIdState.VALID, TaxIdMatch.DIFFERS, ""),
        (GERMAN, TaxIdState.INVALID, None, ""),
        (GERMAN, TaxIdState.UNCHECKED, None, ""),
        (POLISH, TaxIdState.VALID, TaxIdMatch.MATCHES, ""),
    ],
)
def test_a_domestic_business_has_its_own_vat_id_there_if_that_counts(
    payer: Payer, number: str, state: TaxIdState, match: TaxIdMatch | None, shown: str
) -> None:
    keep_vat_id(payer, number, state, match)

    pay(payer, payer.begin())

    assert vat_id_on_invoice(payer) == shown


@pytest.mark.parametrize("is_business", [True, False])
def test_who_was_taxed_as_having_none_has_none_there(
    payer: Payer, *, is_business: bool
) -> None:
    live_in_poland(payer, 8, is_business=is_business)
    pay(payer, payer.begin())
    live_in_poland(payer, 9, is_business=True)
    keep_vat_id(payer, POLISH, TaxIdState.VALID, TaxIdMatch.MATCHES)

    assert vat_id_on_invoice(payer) == ""


@pytest.mark.parametrize("is_removed", ["before the payment", "after it"])
def test_the_one_that_counted_when_the_money_came_is_there(
    payer: Payer, is_removed: str
) -> None:
    live_in_poland(payer, 8, is_business=True)
    keep_vat_id(payer, POLISH, TaxIdState.VALID, TaxIdMatch.MATCHES)
    top_up = payer.begin()
    if is_removed == "after it":
        pay(payer, top_up)
    with payer.harness.database.system() as session:
        session.get_one(TaxId, payer.harness.company_id).number = ""
    if is_removed == "before the payment":
        pay(payer, top_up)

    shown = vat_id_on_invoice(payer)
    assert shown == (POLISH if is_removed == "after it" else "")


def pay(payer: Payer, top_up: TopUp) -> None:
    payer.start(top_up)
    payer.notify(payer.get(top_up.id).payments[0])


def vat_id_on_invoice(payer: Payer) -> str:
    harness = payer.harness
    issue_ordered(
        harness.database, harness.service.runtime, harness.service._issuer, ""
    )
    with harness.database.system() as session:
        its_own = select(Document).where(Document.company_id == harness.company_id)
        return content_of(session.scalars(its_own).one()).buyer.vat_id


def keep_vat_id(
    payer: Payer, number: str, state: TaxIdState, match: TaxIdMatch | None
) -> None:
    """With what the register has answered about it."""
    is_checked = state is not TaxIdState.UNCHECKED
    row = TaxId(
        company_id=payer.harness.company_id,
        version=1,
        number=number,
        country=number[:2],
        state=state,
        checked_at=payer.harness.clock.now() if is_checked else None,
        match=match,
        name="",
        address="",
        proof="",
        failure="",
        failure_count=0,
        confirmed_by="",
        confirmed_why="",
    )
    with payer.harness.database.system() as session:
        session.add(row)


def live_in_poland(payer: Payer, version: int, *, is_business: bool) -> None:
    moved = a_company(payer.harness.company_id, "Europe/Warsaw", version, "PL")
    body = replace(moved.body, is_business=is_business)
    payer.harness.deliver(replace(moved, body=body))
