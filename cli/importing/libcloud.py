"""Read Apache Libcloud's price file, `libcloud/data/pricing.json`, as a catalogue.

Its prices are per hour. Per provider it has a tree of sizes, regions, conditions; each
leaf is a price: a number, a text, or an object with a ``price``. A provider becomes a
family and a leaf a plan, named after its path.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from cli.importing.records import cut
from shared.contracts.inventory.importing import CatalogRow, RefusedRow

SECTION = "compute"
ICON = "cloud"

_NO_PRICES = frozenset({"description", "sku", "price"})
_MAX_ACRONYM_LENGTH = 3

_Path = tuple[str, ...]


def is_libcloud(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get(SECTION), dict)


def read_prices(
    content: Mapping[str, Any], currency: str
) -> Iterator[CatalogRow | RefusedRow]:
    """Yield the rows of a loaded file; a price of zero there means unknown."""
    for section, providers in content.items():
        if isinstance(providers, dict):
            for path, price in _leaves(providers, (section,)):
                yield _row(path, price, currency)


def _leaves(tree: Mapping[str, Any], path: _Path) -> Iterator[tuple[_Path, Any]]:
    for key, value in tree.items():
        here = (*path, key)
        if isinstance(value, dict):
            if "price" in value:
                yield here, value["price"]
            yield from _leaves(value, here)
        elif key not in _NO_PRICES:
            yield here, value


def _row(path: _Path, price: Any, currency: str) -> CatalogRow | RefusedRow:
    line = cut("/".join(path))
    if price is None or isinstance(price, list):
        return RefusedRow(line=line, field="price", code="missing")
    if _is_zero(price):
        return RefusedRow(line=line, field="price", code="zero_price", value=str(price))
    section, provider, *parts = path
    family = provider if section == SECTION else f"{section} {provider}"
    return CatalogRow(
        line=line,
        family_code=f"libcloud-{_slug(family)}",
        family_name=_title(family),
        plan_code=cut("_".join(map(_slug, [family, *parts]))),
        plan_name=cut(", ".join(parts) or _title(family)),
        currency=currency,
        period="hour",
        price=cut(str(price)),
        icon=ICON,
    )


def _is_zero(price: object) -> bool:
    try:
        return Decimal(str(price)) == 0
    except InvalidOperation:
        return False


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", text.lower()).strip("-.")


def _title(text: str) -> str:
    words = re.split(r"[_\s-]+", text)
    return " ".join(
        word.upper() if len(word) <= _MAX_ACRONYM_LENGTH else word.capitalize()
        for word in words
    )
