"""Families, plans, prices, services, their history and counters, staged imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from shared.db.tables import create_outbox_and_idempotency

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PRICE = sa.Numeric(24, 12)
PERIODS = "('hour', 'day', 'week', 'month', 'year', 'once')"
STATES = "('pending', 'active', 'suspended', 'terminated', 'cancelled')"

# What parts words for the search: punctuation, control characters and blanks, of ASCII
# and of Unicode's general punctuation. PostgreSQL's own parser is not used: it keeps
# web-01.example.com together, and knows nothing of companies.
SEPARATORS = "".join(
    map(
        chr,
        (
            *(*range(0x01, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61)),
            *(*range(0x7B, 0xA2), 0xAB, 0xB7, 0xBB, 0xBF),
            *(*range(0x2000, 0x2070), *range(0x3000, 0x3003)),
        ),
    )
)

STATE_RANK = """CASE state WHEN 'pending' THEN 1 WHEN 'active' THEN 2
    WHEN 'suspended' THEN 3 WHEN 'terminated' THEN 4 ELSE 5 END"""
YEARLY_PRICE = """price * CASE period WHEN 'hour' THEN 8760 WHEN 'day' THEN 365
    WHEN 'week' THEN 365 / 7.0 WHEN 'month' THEN 12 ELSE 1 END"""

# Each word bears its company, so that the words of others are never read: a search
# costs what the company's own services cost.
LITERAL = SEPARATORS.replace("'", "''")
SEARCH = f"""array_to_tsvector(array_remove(string_to_array(regexp_replace(
    lower(translate(name || ' ' || reference || ' ' || plan_name,
        '{LITERAL}', repeat(' ', {len(SEPARATORS)}))),
    '([^ ]+)', company_id::text || '/\\1', 'g'), ' '), ''))"""

IS_LIVE = "state_rank <= 3"


def upgrade() -> None:
    create_outbox_and_idempotency()
    _create_catalogue()
    _create_services()
    _create_list_indexes()
    _create_history_and_counters()
    _create_imports()
    _create_staged_rows()


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def _reference(name: str, target: str, **options: bool) -> sa.Column:
    return sa.Column(name, sa.Text, sa.ForeignKey(target), nullable=False, **options)


def _create_catalogue() -> None:
    op.create_table(
        "families",
        sa.Column("code", sa.Text, primary_key=True),
        _text("name"),
        _text("icon"),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_table(
        "plans",
        sa.Column("code", sa.Text, primary_key=True),
        _reference("family_code", "families.code", index=True),
        _text("name"),
        # What services may refer to together, see `services_plan`.
        sa.UniqueConstraint("code", "family_code", name="plans_code_family"),
    )
    op.create_table(
        "plan_prices",
        _reference("plan_code", "plans.code", primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("price", PRICE, nullable=False),
        sa.CheckConstraint("price >= 0", name="plan_prices_price"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="plan_prices_currency"),
        sa.CheckConstraint(f"period IN {PERIODS}", name="plan_prices_period"),
    )


def _create_services() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("company_id", sa.Uuid, nullable=False),
        *map(_text, ("reference", "name", "plan_code", "plan_name", "family_code")),
        _text("currency"),
        _text("period"),
        sa.Column("price", PRICE, nullable=False),
        _text("state"),
        _text("suspension_reason", nullable=True),
        _moment("created_at"),
        _moment("activated_at", nullable=True),
        _moment("state_since"),
        _moment("termination_requested_at", nullable=True),
        _text("termination_requested_by", nullable=True),
        _text("termination_reason", nullable=True),
        _text("termination_time", nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        _generated("name_key", sa.Text, "lower(name)"),
        _generated("state_rank", sa.SmallInteger, STATE_RANK),
        _generated("yearly_price", sa.Numeric, YEARLY_PRICE),
        _generated("search", TSVECTOR, SEARCH),
        sa.ForeignKeyConstraint(
            ["plan_code", "family_code"],
            ["plans.code", "plans.family_code"],
            name="services_plan",
        ),
        sa.UniqueConstraint("company_id", "reference", name="services_reference"),
        *_service_checks(),
    )
    op.create_index("services_of_plan", "services", ["plan_code"])


def _service_checks() -> list[sa.CheckConstraint]:
    marks = ("requested_by", "reason", "time")
    same = " AND ".join(
        f"(termination_{mark} IS NULL) = (termination_requested_at IS NULL)"
        for mark in marks
    )
    rules = {
        "price": "price >= 0",
        "currency": "currency ~ '^[A-Z]{3}$'",
        "period": f"period IN {PERIODS}",
        "state": f"state IN {STATES}",
        "reason": """CASE WHEN state = 'suspended'
            THEN coalesce(suspension_reason IN ('payment', 'policy'), false)
            ELSE suspension_reason IS NULL END""",
        "termination": same,
        "termination_state": """termination_requested_at IS NULL
            OR state IN ('active', 'suspended')""",
        "termination_time": "termination_time IN ('at_once', 'end_of_period')",
        "activated": """state NOT IN ('active', 'suspended')
            OR activated_at IS NOT NULL""",
    }
    return [
        sa.CheckConstraint(rule, name=f"services_{name}")
        for name, rule in rules.items()
    ]


def _generated(name: str, kind: object, expression: str) -> sa.Column:
    return sa.Column(name, kind, sa.Computed(expression, persisted=True))


def _create_list_indexes() -> None:
    """One index for each way to narrow and sort the list, all within one company."""
    sortings = {
        "name": "name_key, id",
        "created": "created_at, id",
        "price": "currency, yearly_price, id",
    }
    for sorting, columns in sortings.items():
        for scope in ("company_id", "company_id, family_code"):
            of = "_family" if "family" in scope else ""
            op.execute(
                f"CREATE INDEX services_list{of}_{sorting} ON services "
                f"({scope}, {columns}) WHERE {IS_LIVE}"
            )
            op.execute(
                f"CREATE INDEX services_list{of}_state_{sorting} ON services "
                f"({scope}, state_rank, {columns})"
            )
    op.execute(
        "CREATE INDEX services_list_termination ON services (company_id, name_key, id) "
        "WHERE termination_requested_at IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX services_search ON services USING gin (search) "
        "WITH (fastupdate = off)"
    )


def _create_history_and_counters() -> None:
    op.create_table(
        "service_history",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), nullable=False),
        _moment("at"),
        _text("what"),
        _text("before", nullable=True),
        _text("after", nullable=True),
        _text("who"),
        _text("why"),
        sa.Index("service_history_newest", "service_id", sa.text("id DESC")),
        sa.CheckConstraint(
            "what IN ('state', 'plan', 'price', 'termination_request', 'name')",
            name="service_history_what",
        ),
    )
    counters = (
        "pending",
        "active",
        "suspended",
        "terminated",
        "cancelled",
        "termination_requested",
    )
    op.create_table(
        "service_counters",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        _reference("family_code", "families.code", primary_key=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in counters),
    )


# What is on its way in may be lost in a crash: the operator sends it again. All of
# these tables are emptied together then, so no half of an import is ever applied.
def _create_unlogged(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(name, *parts, prefixes=["UNLOGGED"])


def _create_imports() -> None:
    _create_unlogged(
        "imports",
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("kind"),
        _moment("created_at"),
        sa.Column("row_count", sa.Integer, nullable=False),
        sa.Index("imports_age", "created_at"),
        sa.CheckConstraint("kind IN ('catalog', 'services')", name="imports_kind"),
    )


def _import_id() -> sa.Column:
    reference = sa.ForeignKey("imports.id", ondelete="CASCADE")
    return sa.Column("import_id", sa.Uuid, reference, primary_key=True)


def _create_staged_rows() -> None:
    _create_unlogged(
        "staged_families",
        _import_id(),
        sa.Column("code", sa.Text, primary_key=True),
        _text("name"),
        _text("icon"),
        sa.Column("position", sa.Integer, nullable=False),
    )
    _create_unlogged(
        "staged_plans",
        _import_id(),
        sa.Column("code", sa.Text, primary_key=True),
        _text("family_code"),
        _text("name"),
    )
    _create_unlogged(
        "staged_prices",
        _import_id(),
        sa.Column("plan_code", sa.Text, primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("price", PRICE, nullable=False),
    )
    _create_unlogged(
        "staged_services",
        _import_id(),
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("reference", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False),
        _text("line"),
        *map(_text, ("name", "plan_code", "currency", "period", "state")),
        sa.Column("price", PRICE),
        _moment("activated_at", nullable=True),
    )
