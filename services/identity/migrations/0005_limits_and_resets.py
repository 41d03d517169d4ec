"""Attempts that are limited, and requests for a new password."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("subject_hash", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Index("attempts_subject", "subject_hash", "expires_at"),
    )
    op.create_table(
        "reset_requests",
        sa.Column("id", sa.Uuid, primary_key=True),
        # Without a foreign key: its check would take time where there is a user.
        sa.Column("user_id", sa.Uuid),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
