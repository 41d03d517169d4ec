"""What a document says, in its language."""

from string import Formatter

import pytest
from msgspec import structs

from services.billing.documents.rendering.tax_words import tax_words
from services.billing.documents.rendering.words import (
    LANGUAGES,
    Words,
    language_of,
    method_words,
    reason_words,
    top_up_line,
    words_in,
)
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.tax import TaxCategory, TaxReason, TaxRule
from shared.contracts.notes import NO_NOTE, Note, NoteCode, card_note, own_words
from shared.language import tax_words as english

PARAMETERS = {
    "country": "PL",
    "taxed_in": "DE",
    "rate_percent": "25.5",
    "vat_id": "PL5260001246",
    "checked_on": "2026-03-05",
    "proof": "",
    "territory": "canary_islands",
}


@pytest.mark.parametrize(
    ("country", "language"),
    [("DE", "de"), ("AT", "de"), ("PL", "pl"), ("GB", "en"), ("CH", "en"), ("", "en")],
)
def test_the_customers_country_decides_the_language(
    country: str, language: str
) -> None:
    assert language_of(country) == language


def test_an_unknown_language_is_english() -> None:
    assert words_in("tlh") is words_in("en")


def test_a_correction_is_not_called_gutschrift_in_german() -> None:
    """UStG § 14 (2): a Gutschrift is an invoice made by the customer."""
    words = words_in("de")
    assert words.kinds[DocumentKind.CREDIT_NOTE] == "Rechnungskorrektur"
    assert "Gutschrift" not in repr(words)


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "Reverse charge"),
        ("de", "Steuerschuldnerschaft des Leistungsempfängers"),
        ("pl", "Odwrotne obciążenie"),
    ],
)
def test_reverse_charge_is_said_in_the_words_of_the_law(
    language: str, note: str
) -> None:
    """Directive 2006/112, art. 226 (11a)."""
    assert note in words_in(language).tax_notes[TaxCategory.REVERSE_CHARGE]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_words_and_the_same_holes(language: str) -> None:
    words, model = words_in(language), words_in("en")
    assert set(words.kinds) == set(words.named) == set(DocumentKind)
    assert set(words.payment_methods) == set(GatewayName)
    for name in Words.__dataclass_fields__:
        said, meant = getattr(words, name), getattr(model, name)
        assert said
        if isinstance(said, str):
            assert _holes(said) == _holes(meant)


REASONS = {
    NoteCode.TAKEN_BACK,
    NoteCode.RETURNED_BY_BANK,
    NoteCode.REFUND_NOT_PAID_OUT,
    NoteCode.PAID_TWICE,
    NoteCode.COMPANY_CLOSED,
    NoteCode.ACCOUNTING_TAX_MISSING,
}
"""The notes of ours that documents are ordered with."""
METHODS = [
    card_note("Visa", "4242"),
    Note(code=NoteCode.CARD),
    Note(code=NoteCode.BANK_TRANSFER),
    Note(code=NoteCode.TEST_PAYMENT),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_sentence_in_every_language(language: str) -> None:
    assert set(words_in(language).reasons) == REASONS
    assert all(reason_words(Note(code=code), language) for code in REASONS)
    assert reason_words(own_words("As agreed"), language) == "As agreed"
    assert reason_words(Note(as_written="As then"), language) == "As then"
    assert reason_words(NO_NOTE, language) == ""


@pytest.mark.parametrize("paid_with", METHODS, ids=lambda note: note.code)
def test_how_it_was_paid_is_said_in_the_documents_language(paid_with: Note) -> None:
    card, bank = GatewayName.STRIPE, GatewayName.BANK_TRANSFER
    in_english = method_words(card, paid_with, "en")
    assert "{" not in in_english
    assert in_english != words_in("en").payment_methods[card]
    assert set(paid_with.parameters.values()) <= set(in_english.split())
    assert method_words(card, paid_with, "de") == "Karte"
    assert method_words(bank, paid_with, "pl") == "przelew"


def test_how_it_was_paid_before_notes_had_codes_stays_as_it_was_written() -> None:
    written = Note(as_written="Visa ending in {4242}")
    assert method_words(GatewayName.STRIPE, written, "en") == "Visa ending in {4242}"
    assert method_words(GatewayName.STRIPE, NO_NOTE, "en") == "card"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", TaxRule)
def test_every_tax_rule_is_said_in_every_language(rule: TaxRule, language: str) -> None:
    reason = TaxReason(code=rule, parameters=PARAMETERS, fields=[])
    said = tax_words(reason, language)
    assert said
    assert "{" not in said
    assert (said == english.words(reason)) == (language == "en")


def test_a_tax_reason_is_written_as_the_language_writes() -> None:
    invalid = TaxReason(code=TaxRule.VAT_ID_INVALID, parameters=PARAMETERS, fields=[])
    assert tax_words(invalid, "de") == (
        "USt. 25,5\N{NO-BREAK SPACE}% \N{EN DASH} Deutschland, "
        "USt-IdNr. PL5260001246 war am 5. März 2026 nicht gültig"
    )
    territory = TaxReason(
        code=TaxRule.TERRITORY_OUTSIDE_VAT, parameters=PARAMETERS, fields=[]
    )
    assert "Wyspy Kanaryjskie" in tax_words(territory, "pl")
    assert "the Canary Islands are outside" in tax_words(territory, "en")
    ceuta = structs.replace(territory, parameters={"territory": "ceuta"})
    assert "Ceuta is outside" in tax_words(ceuta, "en")


@pytest.mark.parametrize("language", ["en", "de", "pl"])
def test_a_rule_of_the_future_is_said_by_its_code(language: str) -> None:
    reason = TaxReason(code="who_knows", parameters={}, fields=[])
    assert tax_words(reason, language) == "who_knows"


def test_a_top_ups_line_names_it() -> None:
    assert "top-up TU-1" in top_up_line("TU-1", "en")
    assert top_up_line("TU-1", "de").endswith("Aufladung TU-1")


def _holes(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
