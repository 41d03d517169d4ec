"""When a company's owner closed it."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("companies", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.create_index(
        "companies_closed",
        "companies",
        ["closed_at"],
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
