"""The tax that was given back is the sum of the refunds; nothing read the copy."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("top_ups", "refunded_tax")
