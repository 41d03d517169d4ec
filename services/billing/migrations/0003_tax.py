"""What tax needs of companies; VAT IDs and their checks; rates.

The defaults of the companies' columns stay: an instance of the version before may take
in companies meanwhile, and a republish mends what it left out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PARTY = ("name", "street", "postal_code", "city", "region", "country")


def upgrade() -> None:
    for name in PARTY:
        op.add_column("companies", _text(name, server_default=""))
    op.add_column(
        "companies",
        sa.Column(
            "is_business", sa.Boolean, nullable=False, server_default=sa.text("false")
        ),
    )
    op.create_table(
        "tax_ids",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        _text("number"),
        _text("country"),
        _text("state"),
        _time("checked_at"),
        sa.Column("match", sa.Text),
        _text("name"),
        _text("address"),
        _text("proof"),
        _text("failure"),
        sa.Column("failure_count", sa.Integer, nullable=False),
        _time("next_check_at"),
        _text("confirmed_by"),
        _text("confirmed_why"),
    )
    op.create_index(
        "tax_ids_due",
        "tax_ids",
        ["failure_count", "next_check_at"],
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    # Nothing is updated: a rate holds until the next one of its place begins, so that
    # there is no way for two to overlap. Of two for one day the later line corrects.
    op.create_table(
        "tax_rates",
        sa.Column(
            "position", sa.BigInteger, sa.Identity(always=True), primary_key=True
        ),
        _text("country"),
        _text("territory"),
        sa.Column("rate_percent", sa.Numeric(4, 2), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        _time("recorded_at", nullable=False),
        _text("recorded_by"),
        sa.CheckConstraint(
            "rate_percent >= 0 AND rate_percent < 100", "tax_rates_percent"
        ),
    )
    op.execute(
        "CREATE TRIGGER tax_rates_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON tax_rates"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _text(name: str, server_default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, server_default=server_default)


def _time(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
