"""Payments that may be duplicates: what is meant twice, and what is asked back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "top_ups",
        sa.Column("is_intended", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("payments_settled", "payments", ["company_id", "settled_at"])
    op.create_index(
        "payments_failed",
        "payments",
        ["company_id", "created_at"],
        postgresql_where=sa.text("state IN ('failed', 'pending')"),
    )
    op.create_table(
        "refund_requests",
        sa.Column(
            "payment_id", sa.Uuid, sa.ForeignKey("payments.id"), primary_key=True
        ),
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("top_up_id", sa.Uuid, sa.ForeignKey("top_ups.id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text, nullable=False),
    )
    op.create_index("refund_requests_of_top_up", "refund_requests", ["top_up_id"])
    op.create_index(
        "refund_requests_open",
        "refund_requests",
        ["position"],
        postgresql_where=sa.text("state = 'asked'"),
    )
