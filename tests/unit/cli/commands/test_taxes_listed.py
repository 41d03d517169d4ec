"""What an operator reads of taxes: what a rate concerns, and what needs a look."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from click.testing import CliRunner

from cli.commands.documents import documents
from cli.commands.taxes import tax
from shared.contract import Request
from shared.contracts import billing
from shared.contracts.billing.tax import PlaceEvidence, TaxReason
from shared.money import Money, currency_of

COMPANY = UUID("8f14e45f-ceea-4b67-8c1b-000000000001")
AT = datetime(2026, 12, 28, 9, 5, tzinfo=UTC)
EURO = Money(Decimal("119.00"), currency_of("EUR"))
ANSWERS: dict[object, object] = {
    billing.tax.ADD_TAX_RATE: billing.tax.TaxRates(
        rates=[],
        concerned=[
            billing.tax.ConcernedTopUp(
                company_id=COMPANY,
                company="Aurora",
                reference="TU-1",
                gross=EURO,
                rate_percent=Decimal(19),
                expires_at=AT,
            )
        ],
    ),
    billing.tax.LIST_DOUBTFUL_PLACES: billing.tax.DoubtfulPlaces(
        payments=[
            billing.tax.DoubtfulPlace(
                payment_id=COMPANY,
                company_id=COMPANY,
                company="Ada",
                reference="TU-1",
                amount=EURO,
                received_on=date(2026, 12, 28),
                reason=TaxReason(code="one_stop_shop", parameters={}, fields=[]),
                evidence=PlaceEvidence(profile="FI", card="DE"),
            )
        ],
        next=None,
    ),
    billing.tax.LIST_DIFFERING_TAX_IDS: billing.tax.DifferingTaxIds(
        tax_ids=[
            billing.tax.DifferingTaxId(
                company_id=COMPANY,
                number="PL5260001246",
                checked_at=AT,
                registered="BOREALIS HOLDING S.A.",
                own="Borealis Labs",
            )
        ]
    ),
    billing.documents.LIST_WAITING_DOCUMENTS: billing.documents.WaitingDocuments(
        documents=[
            billing.documents.WaitingDocument(
                kind=billing.documents.DocumentKind.INVOICE,
                company_id=COMPANY,
                company="Aurora",
                reference="TU-1",
                gross=EURO,
                ordered_at=AT,
                failures=2,
                waits_for="USD/EUR 2026-12-28",
            )
        ]
    ),
}
DAYS = ("--from", "2026-12-01", "--to", "2026-12-31")
RATE = ("--country", "DE", "--percent", "20", "--from", "2027-01-01")


class CommandContext:
    def call(self, method: object, request: Request) -> object:  # noqa: ARG002
        return ANSWERS[method]


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        (
            ("rates", "add", *RATE),
            0,
            f"TU-1  119.00 EUR  at 19 %  until 2026-12-28  Aurora ({COMPANY})",
        ),
        (
            ("doubtful-places", *DAYS),
            0,
            (
                "2026-12-28  TU-1  119.00 EUR  one_stop_shop  profile FI, card DE"
                f"  Ada ({COMPANY})"
            ),
        ),
        (("differing-vat-ids",), 0, "  register: BOREALIS HOLDING S.A."),
        (
            ("waiting",),
            1,
            (
                "2026-12-28 09:05  invoice  TU-1  119.00 EUR  USD/EUR 2026-12-28"
                f"  Aurora ({COMPANY})"
            ),
        ),
    ],
)
def test_what_needs_a_look_is_a_line(
    command: tuple[str, ...], status: int, told: str
) -> None:
    group = documents if command[0] == "waiting" else tax
    result = CliRunner().invoke(group, list(command), obj=CommandContext())
    assert result.exit_code == status, result.output
    assert told in result.output.splitlines()


@pytest.mark.parametrize(
    ("command", "counted"),
    [
        (("doubtful-places", *DAYS), "payments: 1"),
        (("differing-vat-ids",), "VAT IDs: 1"),
        (("waiting",), "documents: 1"),
    ],
)
def test_a_list_says_beside_its_lines_how_many_there_are(
    command: tuple[str, ...], counted: str
) -> None:
    group = documents if command[0] == "waiting" else tax
    result = CliRunner().invoke(group, list(command), obj=CommandContext())
    assert result.stderr.splitlines() == [counted]
