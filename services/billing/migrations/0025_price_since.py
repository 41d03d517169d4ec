"""Since when a service has its price, so that nothing counts from before it.

Of a price from before this migration it is not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("price_since", sa.DateTime(timezone=True)))
