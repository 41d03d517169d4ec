"""How long services were suspended, and what billing said of them last."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("suspended_us", "payment_version"):
        column = sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        op.add_column("services", column)
