"""An imported service may come without a state, which leaves it as it is."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("staged_services", "state", nullable=True)
