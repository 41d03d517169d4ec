"""Signing up; what is closed or locked."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "links_to_sign_up",
        "mailed_links",
        [sa.text("(parameters ->> 'email')")],
        postgresql_where=sa.text("kind = 'sign_up'"),
    )
    op.create_table(
        "sign_up_requests",
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("email"),
        _text("locale"),
        _moment("asked_at"),
    )
    op.create_table(
        "accepted_terms",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        _moment("accepted_at"),
    )
    for column in (_moment("locked_at", nullable=True), _text_or_empty("lock_reason")):
        op.add_column("users", column)
    op.add_column("users", _moment("erased_at", nullable=True))
    for name in ("closed_at", "locked_at"):
        op.add_column("companies", _moment(name, nullable=True))
    op.add_column("companies", _text_or_empty("lock_reason"))


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _text_or_empty(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, server_default="")
