"""Documents to render: one of each kind and tax outcome, and generated ones."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from services.billing.rendering.tax_words import tax_words
from services.billing.rendering.words import language_of, method_words, top_up_line
from services.billing.tax import Taxed, apply
from shared.contracts.billing.documents import (
    AccountingTax,
    DocumentContent,
    DocumentKind,
    DocumentReference,
    Party,
)
from shared.contracts.billing.documents import DocumentLine as Line
from shared.contracts.billing.tax import (
    TaxCategory,
    TaxDecision,
    TaxReason,
    TaxRule,
)
from shared.contracts.billing.top_ups import BankInstructions, GatewayName
from shared.money import Money, currency_of

SELLER = Party(
    name="Nordlicht Hosting GmbH",
    street="Speicherstraße 12",
    postal_code="20457",
    city="Hamburg",
    region="",
    country="DE",
    vat_id="DE136695976",
)
_BUYERS = {
    "DE": ("Aurora Digital GmbH", "Torstraße 49", "10119", "Berlin", ""),
    "FI": ("Matti Meikäläinen", "Esplanadi 1", "00100", "Helsinki", ""),
    "PL": (
        "Borealis Labs sp. z o.o.",
        "Świętokrzyska 30",
        "00-116",
        "Warszawa",
        "PL5260001246",
    ),
    "GB": ("Cirrus Ltd", "1 Long Acre", "WC2E 9LH", "London", ""),
}
REFERENCE = "TU-4F7K-2M9Q-8RTW"


def _decision(
    rule: TaxRule, category: TaxCategory, percent: str, country: str
) -> TaxDecision:
    about = {"country": country}
    if category in {TaxCategory.STANDARD, TaxCategory.ZERO}:
        about |= {"taxed_in": country, "rate_percent": percent}
    if rule is TaxRule.REVERSE_CHARGE:
        about |= {"vat_id": "PL5260001246", "checked_on": "2026-11-20", "proof": ""}
    reason = TaxReason(code=rule, parameters=about, fields=["country"])
    return TaxDecision(category=category, rate_percent=Decimal(percent), reason=reason)


DECISIONS = {
    "standard": _decision(TaxRule.DOMESTIC_BUSINESS, TaxCategory.STANDARD, "19", "DE"),
    "one_stop_shop": _decision(
        TaxRule.ONE_STOP_SHOP, TaxCategory.STANDARD, "25.5", "FI"
    ),
    "zero": _decision(TaxRule.DOMESTIC_PRIVATE, TaxCategory.ZERO, "0", "DE"),
    "reverse_charge": _decision(
        TaxRule.REVERSE_CHARGE, TaxCategory.REVERSE_CHARGE, "0", "PL"
    ),
    "outside": _decision(TaxRule.OUTSIDE_EU, TaxCategory.OUT_OF_SCOPE, "0", "GB"),
}
"""Each category that `services.billing.tax` can decide on."""


def content(
    kind: DocumentKind = DocumentKind.INVOICE,
    outcome: str = "standard",
    *,
    net: str = "100.00",
    currency: str = "EUR",
    language: str | None = None,
) -> DocumentContent:
    """A document as billing issues it, over one top-up."""
    decision = DECISIONS[outcome]
    country = decision.reason.parameters["country"]
    spoken = language or language_of(country)
    taxed = apply(decision, Money(Decimal(net), currency_of(currency)))
    is_proforma = kind is DocumentKind.PROFORMA
    is_credit = kind is DocumentKind.CREDIT_NOTE
    return DocumentContent(
        kind=kind,
        number="2026-000017",
        issued_on=date(2026, 11, 26),
        paid_on=None if is_proforma else date(2026, 11, 25),
        language=spoken,
        seller=SELLER,
        buyer=_buyer(country),
        lines=[Line(text=top_up_line(REFERENCE, spoken), net=taxed.net)],
        tax_lines=taxed.lines,
        tax_reason=decision.reason,
        tax_words=tax_words(decision.reason, spoken),
        net=taxed.net,
        tax=taxed.tax,
        gross=taxed.gross,
        accounting_tax=None,
        payment_method="" if is_proforma else _payment_method(spoken),
        reference=REFERENCE,
        corrects=_invoice() if is_credit else None,
        reason="Refund as agreed" if is_credit else "",
        due_on=date(2026, 12, 10) if is_proforma else None,
        bank=_bank(taxed) if is_proforma else None,
    )


def _payment_method(language: str) -> str:
    return method_words(GatewayName.STRIPE, "Visa ending in 4242", language)


def in_accounting_currency(source: DocumentContent) -> DocumentContent:
    """The same with its tax in the seller's currency, EUR."""
    rate = Decimal("4.2315")
    tax = (source.tax.amount / rate).quantize(Decimal("0.01"))
    accounting = AccountingTax(
        tax=Money(tax, currency_of("EUR")),
        rate=rate,
        rate_day=date(2026, 11, 24),
        source="ECB",
    )
    return msgspec.structs.replace(source, accounting_tax=accounting)


def named(name: str, source: DocumentContent) -> DocumentContent:
    """The same for a customer who calls themselves ``name``, in all of their fields."""
    buyer = msgspec.structs.replace(
        source.buyer, name=name, street=name, city=name, region=name
    )
    return msgspec.structs.replace(source, buyer=buyer, reason=name)


def _buyer(country: str) -> Party:
    name, street, postal_code, city, vat_id = _BUYERS[country]
    return Party(
        name=name,
        street=street,
        postal_code=postal_code,
        city=city,
        region="",
        country=country,
        vat_id=vat_id,
    )


def _invoice() -> DocumentReference:
    return DocumentReference(
        id=UUID(int=16),
        kind=DocumentKind.INVOICE,
        number="2026-000016",
        issued_on=date(2026, 11, 1),
    )


def _bank(taxed: Taxed) -> BankInstructions:
    return BankInstructions(
        recipient=SELLER.name,
        iban="DE89370400440532013000",
        bic="COBADEFFXXX",
        bank="Commerzbank",
        amount=taxed.gross,
        reference=REFERENCE,
    )
