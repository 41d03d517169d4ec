"""What a company asks of its members; handing over a company."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LAST_LOGIN = """
UPDATE users SET last_login_at = found.at
FROM (SELECT user_id, max(created_at) AS at FROM sessions GROUP BY user_id) found
WHERE found.user_id = users.id
"""


def upgrade() -> None:
    op.add_column("users", sa.Column("last_login_at", sa.DateTime(timezone=True)))
    op.execute(LAST_LOGIN)
    required = sa.Column(
        "requires_two_factor", sa.Boolean, nullable=False, server_default=sa.false()
    )
    op.add_column("companies", required)
    op.create_table(
        "ended_memberships",
        _id("company_id", "companies.id", primary_key=True),
        _id("user_id", "users.id", primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ownership_offers",
        _id("company_id", "companies.id", primary_key=True),
        _id("from_user_id", "users.id"),
        _id("to_user_id", "users.id"),
        sa.Column("stays_owner", sa.Boolean, nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )


def _id(name: str, of: str, *, primary_key: bool = False) -> sa.Column:
    return sa.Column(
        name, sa.Uuid, sa.ForeignKey(of), primary_key=primary_key, nullable=False
    )
