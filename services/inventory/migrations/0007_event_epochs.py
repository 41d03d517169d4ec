"""Events carry an epoch, and are ordered by it before their version."""

import sqlalchemy as sa
from alembic import op

from shared.db.tables import create_event_epoch

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_event_epoch()
    op.add_column("services", _counter("payment_epoch"))


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
