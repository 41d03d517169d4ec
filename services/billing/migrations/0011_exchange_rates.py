"""Exchange rates by day; documents of all companies in the order of issue."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# A credit note is worked out by the rate that its invoice was.
STAY = """
CREATE TRIGGER exchange_rates_stay BEFORE UPDATE OR DELETE OR TRUNCATE
    ON exchange_rates FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "exchange_rates",
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("rate", sa.Numeric(20, 8), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.CheckConstraint("rate > 0", name="exchange_rates_positive"),
    )
    op.execute(STAY)
    op.create_index("documents_export", "documents", ["issued_on", "position"])
