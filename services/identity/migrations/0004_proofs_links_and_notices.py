"""When a session's person last proved who they are; mailed links; notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", _moment("proved_at", nullable=True))
    op.execute("UPDATE sessions SET proved_at = created_at")
    op.alter_column("sessions", "proved_at", nullable=False)
    op.create_table(
        "mailed_links",
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("kind"),
        _user_id(),
        sa.Column("parameters", JSONB, nullable=False),
        _moment("created_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
        _moment("used_at", nullable=True),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user_id(),
        sa.Column("company_id", sa.Uuid, sa.ForeignKey("companies.id")),
        *map(_text, ("kind", "cause", "channel", "address")),
        sa.Column("parameters", JSONB, nullable=False),
        _moment("created_at"),
        _moment("read_at", nullable=True),
        _moment("sent_at", nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        _moment("next_attempt_at", nullable=True),
        sa.UniqueConstraint("user_id", "kind", "cause", "channel", "address"),
    )
    op.create_index(
        "notices_to_send",
        "notices",
        ["next_attempt_at"],
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.create_index("notices_of_user", "notices", ["user_id", "created_at"])


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _user_id() -> sa.Column:
    return sa.Column(
        "user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False, index=True
    )
