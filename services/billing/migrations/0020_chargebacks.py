"""Chargebacks: each dispute is booked once, by its own name."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NOT_NEGATIVE = "{0} >= 0 AND {0} < 1e14"


def upgrade() -> None:
    op.create_table(
        "chargebacks",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("top_up_id", sa.Uuid, sa.ForeignKey("top_ups.id"), nullable=False),
        sa.Column("payment_id", sa.Uuid, sa.ForeignKey("payments.id"), nullable=False),
        _text("gateway"),
        _text("name"),
        _text("state"),
        _text("currency"),
        *(_amount(name) for name in ("amount", "net", "tax", "beyond")),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("gateway", "name", name="chargebacks_name"),
    )
    op.create_index("chargebacks_of_top_up", "chargebacks", ["top_up_id"])
    op.create_index("chargebacks_of_payment", "chargebacks", ["payment_id"])
    op.create_index(
        "chargebacks_waiting",
        "chargebacks",
        ["reported_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "refunds_failed",
        "refunds",
        ["settled_at"],
        postgresql_where=sa.text("state = 'failed'"),
    )


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _amount(name: str) -> sa.Column:
    check = sa.CheckConstraint(_NOT_NEGATIVE.format(name), f"chargebacks_{name}")
    return sa.Column(name, sa.Numeric(20, 6), check, nullable=False)
