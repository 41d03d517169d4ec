"""The refunded tax of a top-up is the sum of its refunds; nothing reads the column.

Instances of the release before still write it while this runs, so it stays, with a
default for those that don't. A migration of the next release drops it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("top_ups", "refunded_tax", server_default=sa.text("0"))
