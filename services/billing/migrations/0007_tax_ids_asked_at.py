"""When the register was last asked about a company's VAT ID."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tax_ids", sa.Column("asked_at", sa.DateTime(timezone=True)))
