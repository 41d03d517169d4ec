"""Events carry an epoch, and are ordered by it before their version."""

import sqlalchemy as sa
from alembic import op

from shared.db.tables import create_event_epoch

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_event_epoch()
    for table in ("companies", "subscriptions"):
        op.add_column(table, _counter("epoch"))


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
