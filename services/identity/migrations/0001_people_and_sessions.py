"""Users, companies, memberships, sessions, failed logins, verification."""

import sqlalchemy as sa
from alembic import op

from shared.db.tables import create_outbox_and_idempotency

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_outbox_and_idempotency()
    _create_people()
    _create_sessions()


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _create_people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        _text("name"),
        _text("locale"),
        _text("time_zone"),
        _text("password_hash"),
        _moment("password_changed_at"),
        sa.Column("two_factor_enabled", sa.Boolean, nullable=False),
        _moment("created_at"),
    )
    op.create_table(
        "companies",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, index=True),
        *map(_text, ("street", "postal_code", "city", "region")),
        _text("country"),
        _text("time_zone"),
        sa.Column("is_business", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        _moment("created_at"),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name="companies_country"),
    )
    op.create_table(
        "memberships",
        sa.Column(
            "company_id", sa.Uuid, sa.ForeignKey("companies.id"), primary_key=True
        ),
        sa.Column(
            "user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True, index=True
        ),
        _text("role"),
        _moment("since"),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'billing', 'technical', 'viewer')",
            name="memberships_role",
        ),
    )
    op.create_table(
        "verifications",
        sa.Column("subject_id", sa.Uuid, primary_key=True),
        sa.Column("step", sa.Text, primary_key=True),
        _text("state"),
        _text("reason"),
        _moment("changed_at"),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column(
            "user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False, index=True
        ),
        sa.Column("company_id", sa.Uuid, sa.ForeignKey("companies.id"), nullable=False),
        _text("strength"),
        _text("address"),
        _text("user_agent"),
        _moment("created_at"),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), nullable=False, index=True
        ),
        _moment("ended_at", nullable=True),
        sa.CheckConstraint("length(token_hash) = 32", name="sessions_token_hash"),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("account_hash", sa.LargeBinary),
        sa.Column("address_hash", sa.LargeBinary, nullable=False),
        _moment("failed_at"),
        sa.Index("login_failures_account", "account_hash", "failed_at"),
        sa.Index("login_failures_address", "address_hash", "failed_at"),
        sa.Index("login_failures_time", "failed_at"),
    )
