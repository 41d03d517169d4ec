"""What gateways call the companies whose cards they save."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_customers",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("gateway", sa.Text, primary_key=True),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("gateway", "customer", name="gateway_customers_customer"),
    )
