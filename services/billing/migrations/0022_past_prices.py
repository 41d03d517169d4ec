"""The prices that services had before are kept, to verify what they used.

What was used before this migration is not known by its prices: it counts for nothing,
so that nothing is found wrong with it. A price that changes within time that is paid
already counts from this migration on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

USED_SO_FAR = """
INSERT INTO past_prices (service_id, until, company_id, price, suspended_us)
SELECT service_id, least(paid_through, now()), company_id, 0, suspended_us
FROM subscriptions WHERE paid_through IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "past_prices",
        sa.Column("service_id", sa.Uuid, primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("price", sa.Numeric(30, 12), nullable=False),
        sa.Column("suspended_us", sa.BigInteger, nullable=False),
    )
    op.execute(USED_SO_FAR)
