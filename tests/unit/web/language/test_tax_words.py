"""What the customer is told of their VAT ID's check."""

import pytest

from shared.contracts.billing.tax import TaxId, TaxIdState
from web.language.tax_words import next_step


def _unanswered(failure: str) -> TaxId:
    return TaxId(
        number="PL5260001246",
        state=TaxIdState.UNREACHABLE,
        checked_at=None,
        match=None,
        name="",
        address="",
        proof="",
        failure=failure,
        confirmed_by="",
    )


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("timeout", "We can't reach the register."),
        ("invalid_input", "The register can't read this VAT ID."),
        ("not_configured", "VAT IDs are not checked here"),
    ],
)
def test_without_an_answer_the_customer_sees_why(failure: str, words: str) -> None:
    assert next_step(_unanswered(failure)).startswith(words)
