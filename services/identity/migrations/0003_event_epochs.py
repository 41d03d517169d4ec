"""Events carry an epoch, and are ordered by it before their version."""

from shared.db.tables import create_event_epoch

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_event_epoch()
