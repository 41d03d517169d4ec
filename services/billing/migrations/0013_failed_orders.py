"""Documents that could not be issued come after all others."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    failures = sa.Column("failures", sa.Integer, nullable=False, server_default="0")
    op.add_column("document_orders", failures)
    op.create_index("document_orders_turn", "document_orders", ["failures", "position"])
    op.create_index("document_orders_payment", "document_orders", ["payment_id"])
