"""Top-ups, their payments and refunds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# NaN is above every number to PostgreSQL, so an upper bound keeps it out.
_PAID = "{0} > 0 AND {0} < 1e14"
_NOT_NEGATIVE = "{0} >= 0 AND {0} < 1e14"


def upgrade() -> None:
    op.create_table(
        "top_ups",
        sa.Column("id", sa.Uuid, primary_key=True),
        _id("company_id"),
        sa.Column("wallet_id", sa.Uuid, sa.ForeignKey("wallets.id"), nullable=False),
        _text("reference"),
        _text("state"),
        _text("gateway"),
        _text("currency"),
        _amount("net"),
        _amount("tax"),
        _amount("gross"),
        _amount("refunded_net"),
        _amount("refunded_tax"),
        sa.Column("tax_lines", JSONB, nullable=False),
        sa.Column("tax_reason", JSONB, nullable=False),
        _moment("created_at"),
        _text("created_by"),
        _moment("expires_at"),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("reference", name="top_ups_reference"),
        sa.CheckConstraint("gross = net + tax", "top_ups_sum"),
        sa.CheckConstraint(_PAID.format("net"), "top_ups_net"),
        sa.CheckConstraint(_NOT_NEGATIVE.format("tax"), "top_ups_tax"),
    )
    op.create_index("top_ups_of_company", "top_ups", ["company_id", "created_at"])
    op.create_index(
        "top_ups_open",
        "top_ups",
        ["expires_at"],
        postgresql_where=sa.text("state IN ('draft', 'pending')"),
    )
    _create_payments()
    _create_refunds()


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid, primary_key=True),
        _id("company_id"),
        sa.Column("top_up_id", sa.Uuid, sa.ForeignKey("top_ups.id"), nullable=False),
        _text("gateway"),
        sa.Column("checkout", sa.Text),
        sa.Column("redirect_url", sa.Text),
        sa.Column("transaction", sa.Text),
        _text("state"),
        _text("currency"),
        _amount("amount"),
        _amount("net"),
        _amount("tax"),
        _text("method"),
        sa.Column("failure", sa.Text),
        sa.Column("duplicate_of", sa.Uuid, sa.ForeignKey("payments.id")),
        _moment("created_at"),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("ask_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("gateway", "transaction", name="payments_transaction"),
        sa.CheckConstraint("amount = net + tax", "payments_sum"),
        sa.CheckConstraint(_PAID.format("amount"), "payments_amount"),
    )
    op.create_index("payments_of_top_up", "payments", ["top_up_id", "created_at"])
    # What is asked about by and by; there are few of these at a time.
    op.create_index(
        "payments_to_ask",
        "payments",
        ["ask_at"],
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid, primary_key=True),
        _id("company_id"),
        sa.Column("top_up_id", sa.Uuid, sa.ForeignKey("top_ups.id"), nullable=False),
        sa.Column("payment_id", sa.Uuid, sa.ForeignKey("payments.id"), nullable=False),
        _text("state"),
        _text("currency"),
        _amount("net"),
        _amount("tax"),
        _text("reason"),
        _text("who"),
        _moment("created_at"),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("send_at", sa.DateTime(timezone=True)),
        _text("failure"),
        sa.CheckConstraint(_PAID.format("net"), "refunds_net"),
        sa.CheckConstraint(_NOT_NEGATIVE.format("tax"), "refunds_tax"),
    )
    op.create_index("refunds_of_top_up", "refunds", ["top_up_id"])
    op.create_index(
        "refunds_to_send",
        "refunds",
        ["send_at"],
        postgresql_where=sa.text("send_at IS NOT NULL"),
    )


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _id(name: str) -> sa.Column:
    return sa.Column(name, sa.Uuid, nullable=False)


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _amount(name: str) -> sa.Column:
    return sa.Column(name, sa.Numeric(20, 6), nullable=False)
