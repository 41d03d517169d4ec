"""A wallet has a version, which goes with its events.

The default stays: an instance of the version before may open wallets meanwhile.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "wallets",
        sa.Column(
            "version", sa.BigInteger, nullable=False, server_default=sa.text("0")
        ),
    )
