"""What an ordered document waits for: the currency and day of an exchange rate."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "document_orders",
        sa.Column("waits_for", sa.Text, nullable=False, server_default=""),
    )
