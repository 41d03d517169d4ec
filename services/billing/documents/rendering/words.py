"""The texts of a document, in its language.

`sheet` fills their parameters with values written in the same language.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.tax import TaxCategory
from shared.contracts.notes import Note, NoteCode

ENGLISH = "en"


@dataclass(frozen=True, kw_only=True)
class Words:
    """All texts in one language.

    ``kinds`` are titles and ``named`` the same within a sentence. ``tax_notes`` are the
    notes that the law requires, ``payment_methods`` the names of gateways, and
    ``reasons`` the sentences for the codes of our own reasons.
    """

    kinds: Mapping[DocumentKind, str]
    named: Mapping[DocumentKind, str]
    number: str
    issued_on: str
    due_on: str
    paid_on: str
    reference: str
    seller: str
    buyer: str
    vat_id: str
    description: str
    amount: str
    tax: str
    tax_rate: str
    taxable_amount: str
    tax_amount: str
    no_tax: str
    net: str
    gross: str
    paid: str
    amount_due: str
    amount_credited: str
    prepaid_line: str
    corrects: str
    replaces: str
    reason: str
    no_invoice: str
    pay_by_bank: str
    recipient: str
    bank: str
    bank_amount: str
    bank_reference: str
    quote_reference: str
    quoted_tax: str
    accounting_tax: str
    tax_notes: Mapping[TaxCategory, str]
    payment_methods: Mapping[GatewayName, str]
    reasons: Mapping[str, str]
    page: str


_ENGLISH = Words(
    kinds={
        DocumentKind.PROFORMA: "Proforma invoice",
        DocumentKind.INVOICE: "Invoice",
        DocumentKind.CREDIT_NOTE: "Credit note",
    },
    named={
        DocumentKind.PROFORMA: "proforma invoice",
        DocumentKind.INVOICE: "invoice",
        DocumentKind.CREDIT_NOTE: "credit note",
    },
    number="Number",
    issued_on="Date",
    due_on="Due by",
    paid_on="Paid on",
    reference="Reference",
    seller="Seller",
    buyer="Customer",
    vat_id="VAT ID",
    description="Description",
    amount="Net amount",
    tax="VAT breakdown",
    tax_rate="VAT rate",
    taxable_amount="Taxable amount",
    tax_amount="VAT",
    no_tax="no VAT",
    net="Net total",
    gross="Total",
    paid="Paid on {day}",
    amount_due="Amount due",
    amount_credited="Amount credited",
    prepaid_line="Prepayment for balance top-up {reference}",
    corrects="Corrects {kind} {number} dated {day}",
    replaces="Replaces {kind} {number} dated {day}",
    reason="Reason: {reason}",
    no_invoice="This is not an invoice and can't be used to deduct VAT. "
    "We will issue an invoice once we have received your payment.",
    pay_by_bank="Pay by bank transfer",
    recipient="Recipient",
    bank="Bank",
    bank_amount="Amount",
    bank_reference="Reference",
    quote_reference="Please quote the reference on your transfer "
    "so that we can match your payment.",
    quoted_tax="Quoted on {day}: {words}. The VAT rule on the day we received your "
    "payment applies, so VAT is calculated from the amount you paid.",
    accounting_tax="VAT in {currency}: {tax} "
    "(1 {currency} = {rate} {document_currency}, {source}, {day})",
    tax_notes={
        TaxCategory.REVERSE_CHARGE: "Reverse charge: the customer accounts for the VAT."
    },
    payment_methods={
        GatewayName.SANDBOX: "test payment",
        GatewayName.STRIPE: "card",
        GatewayName.BANK_TRANSFER: "bank transfer",
    },
    reasons={
        NoteCode.TAKEN_BACK: "Your bank reversed the payment.",
        NoteCode.RETURNED_BY_BANK: "The reversed payment was returned.",
        NoteCode.REFUND_NOT_PAID_OUT: "The refund could not be paid out, so the amount "
        "is back in your balance.",
        NoteCode.PAID_TWICE: "Paid twice and refunded at your request.",
        NoteCode.COMPANY_CLOSED: "Refunded because the company was closed.",
        NoteCode.ACCOUNTING_TAX_MISSING: "The invoice did not show the VAT in the "
        "seller's currency.",
    },
    page="Page {page} of {pages}",
)

_GERMAN = Words(
    kinds={
        DocumentKind.PROFORMA: "Proforma-Rechnung",
        DocumentKind.INVOICE: "Rechnung",
        # A "Gutschrift" is an invoice made by the customer (UStG § 14 (2)).
        DocumentKind.CREDIT_NOTE: "Rechnungskorrektur",
    },
    named={
        DocumentKind.PROFORMA: "Proforma-Rechnung",
        DocumentKind.INVOICE: "Rechnung",
        DocumentKind.CREDIT_NOTE: "Rechnungskorrektur",
    },
    number="Nummer",
    issued_on="Datum",
    due_on="Zahlbar bis",
    paid_on="Bezahlt am",
    reference="Referenz",
    seller="Verkäufer",
    buyer="Kunde",
    vat_id="USt-IdNr.",
    description="Beschreibung",
    amount="Nettobetrag",
    tax="Steuern",
    tax_rate="Steuersatz",
    taxable_amount="Bemessungsgrundlage",
    tax_amount="Umsatzsteuer",
    no_tax="keine USt.",
    net="Summe netto",
    gross="Gesamtbetrag",
    paid="Bezahlt am {day}",
    amount_due="Zu zahlen",
    amount_credited="Korrekturbetrag",
    prepaid_line="Anzahlung auf das Guthaben, Aufladung {reference}",
    corrects="Korrigiert {kind} {number} vom {day}",
    replaces="Ersetzt {kind} {number} vom {day}",
    reason="Grund: {reason}",
    no_invoice="Dies ist keine Rechnung und berechtigt nicht zum Vorsteuerabzug. "
    "Die Rechnung folgt, sobald die Zahlung eingegangen ist.",
    pay_by_bank="Bezahlen per Überweisung",
    recipient="Empfänger",
    bank="Bank",
    bank_amount="Betrag",
    bank_reference="Verwendungszweck",
    quote_reference="Bitte geben Sie den Verwendungszweck an, "
    "damit wir Ihre Zahlung zuordnen können.",
    quoted_tax="Angebot vom {day}: {words}. Es gilt die Steuerregel am Tag Ihres "
    "Zahlungseingangs; die Umsatzsteuer wurde aus dem gezahlten Betrag berechnet.",
    accounting_tax="Umsatzsteuer in {currency}: {tax} "
    "(1 {currency} = {rate} {document_currency}, {source}, {day})",
    tax_notes={
        TaxCategory.REVERSE_CHARGE: "Steuerschuldnerschaft des Leistungsempfängers "
        "(Reverse charge)"
    },
    payment_methods={
        GatewayName.SANDBOX: "Testzahlung",
        GatewayName.STRIPE: "Karte",
        GatewayName.BANK_TRANSFER: "Überweisung",
    },
    reasons={
        NoteCode.TAKEN_BACK: "Die Zahlung wurde von der Bank zurückgeholt, von der sie "
        "kam.",
        NoteCode.RETURNED_BY_BANK: "Die Bank hat die zurückgeholte Zahlung wieder "
        "gutgeschrieben.",
        NoteCode.REFUND_NOT_PAID_OUT: "Die Erstattung konnte nicht ausgezahlt werden; "
        "das Guthaben hat sie wieder.",
        NoteCode.PAID_TWICE: "Doppelt bezahlt und auf Ihren Wunsch erstattet.",
        NoteCode.COMPANY_CLOSED: "Erstattet, weil das Kundenkonto geschlossen wurde.",
        NoteCode.ACCOUNTING_TAX_MISSING: "Auf der Rechnung fehlte die Umsatzsteuer in "
        "der Währung des Verkäufers.",
    },
    page="Seite {page} von {pages}",
)

_POLISH = Words(
    kinds={
        DocumentKind.PROFORMA: "Faktura pro forma",
        DocumentKind.INVOICE: "Faktura",
        DocumentKind.CREDIT_NOTE: "Faktura korygująca",
    },
    named={
        DocumentKind.PROFORMA: "fakturę pro forma",
        DocumentKind.INVOICE: "fakturę",
        DocumentKind.CREDIT_NOTE: "fakturę korygującą",
    },
    number="Numer",
    issued_on="Data wystawienia",
    due_on="Termin płatności",
    paid_on="Data zapłaty",
    reference="Numer referencyjny",
    seller="Sprzedawca",
    buyer="Nabywca",
    vat_id="NIP / VAT UE",
    description="Opis",
    amount="Kwota netto",
    tax="Podatki",
    tax_rate="Stawka VAT",
    taxable_amount="Podstawa opodatkowania",
    tax_amount="VAT",
    no_tax="bez VAT",
    net="Razem netto",
    gross="Razem brutto",
    paid="Zapłacono {day}",
    amount_due="Do zapłaty",
    amount_credited="Kwota korekty",
    prepaid_line="Przedpłata na saldo, doładowanie {reference}",
    corrects="Koryguje {kind} {number} z dnia {day}",
    replaces="Zastępuje {kind} {number} z dnia {day}",
    reason="Przyczyna: {reason}",
    no_invoice="Ten dokument nie jest fakturą i nie uprawnia do odliczenia VAT. "
    "Fakturę wystawimy po otrzymaniu zapłaty.",
    pay_by_bank="Zapłata przelewem",
    recipient="Odbiorca",
    bank="Bank",
    bank_amount="Kwota",
    bank_reference="Tytuł przelewu",
    quote_reference="Prosimy o podanie tytułu przelewu, abyśmy mogli przypisać wpłatę.",
    quoted_tax="Wycena z dnia {day}: {words}. Obowiązują zasady z dnia otrzymania "
    "płatności, dlatego VAT obliczono od zapłaconej kwoty.",
    accounting_tax="VAT w {currency}: {tax} "
    "(1 {currency} = {rate} {document_currency}, {source}, {day})",
    tax_notes={TaxCategory.REVERSE_CHARGE: "Odwrotne obciążenie (reverse charge)"},
    payment_methods={
        GatewayName.SANDBOX: "płatność testowa",
        GatewayName.STRIPE: "karta",
        GatewayName.BANK_TRANSFER: "przelew",
    },
    reasons={
        NoteCode.TAKEN_BACK: "Płatność została cofnięta przez bank, z którego "
        "przyszła.",
        NoteCode.RETURNED_BY_BANK: "Bank, który cofnął płatność, zwrócił ją.",
        NoteCode.REFUND_NOT_PAID_OUT: "Zwrotu nie udało się wypłacić; kwota wróciła na "
        "saldo.",
        NoteCode.PAID_TWICE: "Zapłacono dwa razy, zwrócono na Państwa prośbę.",
        NoteCode.COMPANY_CLOSED: "Zwrócono, ponieważ konto klienta zostało zamknięte.",
        NoteCode.ACCOUNTING_TAX_MISSING: "Na fakturze brakowało kwoty VAT w walucie "
        "sprzedawcy.",
    },
    page="Strona {page} z {pages}",
)

_METHODS: Mapping[str, str] = {
    NoteCode.CARD: "Card",
    NoteCode.CARD_ENDING: "{brand} ending in {last4}",
    NoteCode.BANK_TRANSFER: "Bank transfer",
    NoteCode.TEST_PAYMENT: "Test payment",
}

_WORDS: Mapping[str, Words] = {ENGLISH: _ENGLISH, "de": _GERMAN, "pl": _POLISH}
LANGUAGES = tuple(_WORDS)

_LANGUAGE_OF = {"DE": "de", "AT": "de", "LI": "de", "PL": "pl"}
# Switzerland, Luxembourg, Belgium and Italy speak German in part only: English for all.


def language_of(country: str) -> str:
    """Return the language of documents for a country (ISO 3166-1)."""
    return _LANGUAGE_OF.get(country, ENGLISH)


def words_in(language: str) -> Words:
    """Return the texts in a language; English if there are none."""
    return _WORDS.get(language, _ENGLISH)


def top_up_line(reference: str, language: str) -> str:
    """Return a document's line for a top-up; ``reference`` as customers quote it."""
    return words_in(language).prepaid_line.format(reference=reference)


def method_words(gateway: GatewayName, paid_with: Note, language: str) -> str:
    """Name the payment method; in English with a card's last digits."""
    known = paid_with.as_written or _METHODS.get(paid_with.code, "")
    if language == ENGLISH and known:
        return known.format_map(paid_with.parameters) if paid_with.code else known
    return words_in(language).payment_methods[gateway]


def reason_words(note: Note, language: str) -> str:
    """A reason of ours in the language; an operator's own words as they are."""
    if note.code == NoteCode.OWN_WORDS:
        return note.parameters["words"]
    return words_in(language).reasons.get(note.code, note.as_written)
