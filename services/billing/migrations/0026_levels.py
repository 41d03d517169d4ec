"""How far companies are verified, and the limits that operators have set for some."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_verifications",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("has_company_document", sa.Boolean, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "company_limits",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("maximum", sa.Numeric(20, 6)),
        sa.Column("per_day", sa.Numeric(20, 6)),
        sa.Column("is_day_unlimited", sa.Boolean, nullable=False),
        sa.Column("max_balance", sa.Numeric(20, 6)),
    )
