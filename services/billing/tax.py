"""Stub until the tax branch lands."""

from dataclasses import dataclass

from shared.contracts.billing.top_ups import TaxLine, TaxReason
from shared.money import Money


@dataclass(frozen=True)
class Taxed:
    lines: list[TaxLine]
    reason: TaxReason
    net: Money
    tax: Money
    gross: Money
