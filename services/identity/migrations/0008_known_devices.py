"""Known devices; a session's token before the last proof; links asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_devices",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False, index=True
        ),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), nullable=False, index=True
        ),
        sa.UniqueConstraint("token_hash", "user_id"),
        sa.CheckConstraint("length(token_hash) = 32", name="known_devices_token_hash"),
    )
    op.add_column(
        "sessions",
        sa.Column(
            "device_id",
            sa.Uuid,
            sa.ForeignKey("known_devices.id", ondelete="SET NULL"),
            index=True,
        ),
    )
    op.add_column("sessions", sa.Column("earlier_token_hash", sa.LargeBinary))
    op.create_index(
        "sessions_earlier_token",
        "sessions",
        ["earlier_token_hash"],
        postgresql_where=sa.text("earlier_token_hash IS NOT NULL"),
    )
    op.create_table(
        "login_link_requests",
        sa.Column("id", sa.Uuid, primary_key=True),
        # Without a foreign key: its check would take time where there is a user.
        sa.Column("user_id", sa.Uuid),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    )
