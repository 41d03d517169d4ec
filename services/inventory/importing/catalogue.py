"""Imports of the catalogue: families, plans and prices."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.inventory.importing import staging
from services.inventory.importing.rows import (
    RowRefused,
    line_of,
    read_choice,
    read_code,
    read_currency,
    read_price,
    read_text,
)
from services.inventory.lifecycle import renaming
from services.inventory.lifecycle.transitions import MAX_NAME_LENGTH
from services.inventory.models import Plan, StagedFamily, StagedPlan, StagedPrice
from shared.contracts import inventory
from shared.contracts.inventory.services import Period
from shared.errors import Conflict
from shared.rpc.change import Change

MAX_ICON_LENGTH = 50
DEFAULT_ICON = "box"

PriceKey = tuple[str, str, Period]


@dataclass(frozen=True)
class _Row:
    family_code: str
    family_name: str
    icon: str
    plan_code: str
    plan_name: str
    currency: str
    period: Period
    price: Decimal

    @property
    def key(self) -> PriceKey:
        return self.plan_code, self.currency, self.period


@dataclass
class _Family:
    name: str
    icon: str


@dataclass
class _Staged:
    """What earlier rows of the same file say about the codes of one batch."""

    import_id: UUID
    families: dict[str, _Family]
    plans: dict[str, tuple[str, str]]
    prices: dict[PriceKey, Decimal]
    catalogue: dict[str, str]
    """The family of each plan that the catalogue has already."""
    new_families: list[str] = field(default_factory=list)
    new_plans: list[str] = field(default_factory=list)
    new_prices: list[PriceKey] = field(default_factory=list)

    def take(self, row: _Row) -> None:
        """Add a row, unless it contradicts another.

        Raises:
            RowRefused: ``contradiction`` or ``duplicate``.
        """
        self._compare(row)
        if row.family_code not in self.families:
            self.families[row.family_code] = _Family(row.family_name, "")
            self.new_families.append(row.family_code)
        if row.icon and not self.families[row.family_code].icon:
            self.families[row.family_code].icon = row.icon
        if row.plan_code not in self.plans:
            self.plans[row.plan_code] = (row.family_code, row.plan_name)
            self.new_plans.append(row.plan_code)
        if row.key not in self.prices:
            self.prices[row.key] = row.price
            self.new_prices.append(row.key)

    def _compare(self, row: _Row) -> None:
        family = self.families.get(row.family_code)
        if family and family.name != row.family_name:
            raise RowRefused("family_name", "contradiction", row.family_name)
        if family and family.icon and row.icon not in {"", family.icon}:
            raise RowRefused("icon", "contradiction", row.icon)
        family_code, plan_name = self.plans.get(
            row.plan_code, (row.family_code, row.plan_name)
        )
        if self.catalogue.get(row.plan_code, family_code) != row.family_code:
            raise RowRefused("family", "contradiction", row.family_code)
        if family_code != row.family_code:
            raise RowRefused("family", "contradiction", row.family_code)
        if plan_name != row.plan_name:
            raise RowRefused("plan_name", "contradiction", row.plan_name)
        if self.prices.get(row.key, row.price) != row.price:
            raise RowRefused("price", "duplicate", f"{row.price:f}")


def stage_catalog(
    db: Session, request: inventory.importing.StageCatalog, now: datetime
) -> inventory.importing.Staged:
    """Check a batch of rows and put aside those that can be taken."""
    staging.receive(db, request.import_id, staging.CATALOG, len(request.rows), now)
    refused: list[inventory.importing.RefusedRow] = []
    rows: list[tuple[str, _Row]] = []
    for stated in request.rows:
        line = line_of(stated.line)
        try:
            rows.append((line, _read(stated)))
        except RowRefused as refusal:
            refused.append(refusal.at(line))
    staged = _load(db, request.import_id, [row for _, row in rows])
    for line, row in rows:
        try:
            staged.take(row)
        except RowRefused as refusal:
            refused.append(refusal.at(line))
    _keep(db, staged)
    return inventory.importing.Staged(
        accepted=len(request.rows) - len(refused), refused=refused
    )


def apply_catalog(change: Change, import_id: UUID) -> inventory.importing.Applied:
    """Bring the catalogue to what an import says; what it does not name stays.

    Services keep their prices, and follow the names of their plans and families.
    """
    db = change.db
    staging.begin_to_apply(db, import_id, staging.CATALOG)
    # PostgreSQL does not know yet how many rows came a moment ago; thinking them few,
    # it would go through them one by one.
    db.execute(select(func.set_config("enable_nestloop", "off", True)))
    parameters = {"import_id": import_id, "default_icon": DEFAULT_ICON}
    if db.execute(text(_MOVED_PLANS), parameters).first() is not None:
        raise Conflict("changed_meanwhile", "a plan has moved to another family")
    counts = db.execute(text(_COUNTS), parameters).one()
    renamed = renaming.find_renamed(db, import_id)
    for statement in (_APPLY_FAMILIES, _APPLY_PLANS, _APPLY_PRICES):
        db.execute(text(statement), parameters)
    renaming.rename_services(change, renamed)
    staging.discard(db, import_id)
    unchanged = counts.total - counts.created - counts.changed
    return inventory.importing.Applied(
        created=counts.created, changed=counts.changed, unchanged=unchanged, refused=[]
    )


def _read(row: inventory.importing.CatalogRow) -> _Row:
    currency = read_currency("currency", row.currency)
    return _Row(
        family_code=read_code("family", row.family_code),
        family_name=read_text("family_name", row.family_name, MAX_NAME_LENGTH),
        icon=read_text("icon", row.icon, MAX_ICON_LENGTH, required=False),
        plan_code=read_code("plan", row.plan_code),
        plan_name=read_text("plan_name", row.plan_name, MAX_NAME_LENGTH),
        currency=currency,
        period=read_choice("period", row.period, Period, "no_such_period"),
        price=read_price("price", row.price, currency).amount,
    )


def _load(db: Session, import_id: UUID, rows: list[_Row]) -> _Staged:
    family_codes = {row.family_code for row in rows}
    plan_codes = {row.plan_code for row in rows}
    families = db.scalars(
        select(StagedFamily).where(
            StagedFamily.import_id == import_id, StagedFamily.code.in_(family_codes)
        )
    )
    plans = db.execute(
        select(StagedPlan.code, StagedPlan.family_code, StagedPlan.name).where(
            StagedPlan.import_id == import_id, StagedPlan.code.in_(plan_codes)
        )
    )
    prices = db.scalars(
        select(StagedPrice).where(
            StagedPrice.import_id == import_id, StagedPrice.plan_code.in_(plan_codes)
        )
    )
    catalogue = db.execute(
        select(Plan.code, Plan.family_code).where(Plan.code.in_(plan_codes))
    )
    return _Staged(
        import_id=import_id,
        families={each.code: _Family(each.name, each.icon) for each in families},
        plans={code: (family, name) for code, family, name in plans},
        prices={(p.plan_code, p.currency, p.period): p.price for p in prices},
        catalogue={plan: family for plan, family in catalogue},  # noqa: C416  rows, not pairs
    )


def _keep(db: Session, staged: _Staged) -> None:
    _keep_families(db, staged)
    plans = [(code, *staged.plans[code]) for code in staged.new_plans]
    prices = [
        (plan_code, currency, period.value, staged.prices[plan_code, currency, period])
        for plan_code, currency, period in staged.new_prices
    ]
    for statement, rows in ((_KEEP_PLANS, plans), (_KEEP_PRICES, prices)):
        columns = zip("abcd", map(list, zip(*rows, strict=True)), strict=False)
        if rows:
            db.execute(text(statement), {"id": staged.import_id, **dict(columns)})


def _keep_families(db: Session, staged: _Staged) -> None:
    """Add families in the file's order, which will be the menu's."""
    if not staged.families:
        return
    query = select(StagedFamily.position).where(
        StagedFamily.import_id == staged.import_id
    )
    last = db.scalar(query.order_by(StagedFamily.position.desc()).limit(1)) or 0
    positions = {
        code: last + number for number, code in enumerate(staged.new_families, 1)
    }
    new = insert(StagedFamily).values(
        [
            {
                "import_id": staged.import_id,
                "code": code,
                "name": family.name,
                "icon": family.icon,
                "position": positions.get(code, 0),
            }
            for code, family in staged.families.items()
        ]
    )
    # Of a family that is there already, a row may bring the icon at most.
    db.execute(
        new.on_conflict_do_update(
            index_elements=[StagedFamily.import_id, StagedFamily.code],
            set_={"icon": new.excluded.icon},
        )
    )


# One array per column: the quickest way in, at a hundred thousand rows.
_KEEP_PLANS = """
INSERT INTO staged_plans (import_id, code, family_code, name)
SELECT :id, * FROM unnest(cast(:a AS text[]), cast(:b AS text[]), cast(:c AS text[]))
"""

_KEEP_PRICES = """
INSERT INTO staged_prices (import_id, plan_code, currency, period, price)
SELECT :id, * FROM unnest(
    cast(:a AS text[]), cast(:b AS text[]), cast(:c AS text[]), cast(:d AS numeric[])
)
"""

_MOVED_PLANS = """
SELECT FROM staged_plans AS staged JOIN plans USING (code)
WHERE staged.import_id = :import_id AND plans.family_code <> staged.family_code
LIMIT 1
"""

_COUNTS = """
SELECT count(*) AS total,
       count(*) FILTER (WHERE plan_prices.price IS NULL) AS created,
       count(*) FILTER (WHERE plan_prices.price IS NOT NULL AND (
           plan_prices.price <> staged.price OR plans.name <> staged_plans.name
           OR families.name <> staged_families.name
           OR staged_families.icon NOT IN ('', families.icon)
       )) AS changed
FROM staged_prices AS staged
JOIN staged_plans ON staged_plans.import_id = staged.import_id
    AND staged_plans.code = staged.plan_code
JOIN staged_families ON staged_families.import_id = staged.import_id
    AND staged_families.code = staged_plans.family_code
LEFT JOIN plan_prices ON plan_prices.plan_code = staged.plan_code
    AND plan_prices.currency = staged.currency
    AND plan_prices.period = staged.period
LEFT JOIN plans ON plans.code = staged.plan_code
LEFT JOIN families ON families.code = staged_plans.family_code
WHERE staged.import_id = :import_id
"""

_APPLY_FAMILIES = """
INSERT INTO families (code, name, icon, position)
SELECT code, name, coalesce(nullif(icon, ''), :default_icon), position
    + (SELECT coalesce(max(position), 0) FROM families)
FROM staged_families WHERE import_id = :import_id
ORDER BY code
ON CONFLICT (code) DO UPDATE SET name = excluded.name, icon = (
    SELECT coalesce(nullif(staged.icon, ''), families.icon)
    FROM staged_families AS staged
    WHERE staged.import_id = :import_id AND staged.code = excluded.code
)
"""

_APPLY_PLANS = """
INSERT INTO plans (code, family_code, name)
SELECT code, family_code, name FROM staged_plans WHERE import_id = :import_id
ORDER BY code
ON CONFLICT (code) DO UPDATE SET name = excluded.name
WHERE plans.name <> excluded.name
"""

_APPLY_PRICES = """
INSERT INTO plan_prices (plan_code, currency, period, price)
SELECT plan_code, currency, period, price
FROM staged_prices WHERE import_id = :import_id
ORDER BY plan_code, currency, period
ON CONFLICT (plan_code, currency, period) DO UPDATE SET price = excluded.price
WHERE plan_prices.price <> excluded.price
"""
