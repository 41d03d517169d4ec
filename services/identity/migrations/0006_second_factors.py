"""Authenticator apps, recovery codes, log-ins that wait for a second factor."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    version = sa.Column(
        "factors_version", sa.BigInteger, nullable=False, server_default="0"
    )
    op.add_column("users", version)
    _create_factors()
    op.create_table(
        "pending_logins",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        _user_id(index=True),
        _moment("created_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("wrong_codes", sa.Integer, nullable=False),
        _moment("ended_at", nullable=True),
    )
    op.create_table(
        "two_factor_resets",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user_id(),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        _moment("asked_at"),
        _moment("due_at"),
        _moment("ended_at", nullable=True),
    )
    op.create_index(
        "two_factor_resets_waiting",
        "two_factor_resets",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _create_factors() -> None:
    op.create_table(
        "authenticator_apps",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        _moment("created_at"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        _user_id(index=True),
        _moment("created_at"),
        _moment("used_at", nullable=True),
    )


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _user_id(*, index: bool = False) -> sa.Column:
    return sa.Column(
        "user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False, index=index
    )
