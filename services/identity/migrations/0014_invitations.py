"""Invitations, billing contacts, and mails to people without an account."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NOTICE_ONCE = ("user_id", "kind", "cause", "channel", "address")


def upgrade() -> None:
    op.alter_column("mailed_links", "user_id", nullable=True)
    op.alter_column("notices", "user_id", nullable=True)
    for name in ("locale", "time_zone"):
        op.add_column(
            "notices", sa.Column(name, sa.Text, nullable=False, server_default="")
        )
    op.drop_constraint("notices_user_id_kind_cause_channel_address_key", "notices")
    op.create_unique_constraint(
        "notices_once", "notices", _NOTICE_ONCE, postgresql_nulls_not_distinct=True
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid, primary_key=True),
        _id("company_id", "companies.id"),
        *map(_text, ("email", "role", "state")),
        _id("invited_by", "users.id", nullable=True),
        _id("link_id", "mailed_links.id", nullable=True, ondelete="SET NULL"),
        _moment("sent_at"),
        _moment("expires_at"),
        _id("answered_by", "users.id", nullable=True),
        _moment("answered_at", nullable=True),
    )
    op.create_index(
        "invitations_open",
        "invitations",
        ["company_id", "email"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'asks')"),
    )
    op.create_table(
        "billing_contacts",
        sa.Column("id", sa.Uuid, primary_key=True),
        _id("company_id", "companies.id"),
        _text("email"),
        *map(_text, ("locale", "time_zone")),
        _moment("added_at"),
        _id("confirm_link_id", "mailed_links.id", nullable=True, ondelete="SET NULL"),
        _id("stop_link_id", "mailed_links.id", nullable=True, ondelete="SET NULL"),
        _moment("confirmed_at", nullable=True),
        _moment("ended_at", nullable=True),
        sa.UniqueConstraint("company_id", "email"),
    )


def _id(
    name: str, of: str, *, nullable: bool = False, ondelete: str | None = None
) -> sa.Column:
    key = sa.ForeignKey(of, ondelete=ondelete)
    return sa.Column(name, sa.Uuid, key, nullable=nullable, index=True)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
