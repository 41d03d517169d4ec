"""People's mobile numbers, and the codes that are sent to them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "users", sa.Column("phone", sa.Text, nullable=False, server_default="")
    )
    op.create_index(
        "users_by_phone", "users", ["phone"], postgresql_where=sa.text("phone <> ''")
    )
    op.create_table(
        "phone_codes",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        _time("created_at", nullable=False),
        _time("expires_at", nullable=False),
        _time("ended_at"),
        sa.Column("wrong_tries", sa.Integer, nullable=False),
        _time("sent_at"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _time("next_attempt_at"),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Index("phone_codes_of_user", "user_id", "created_at"),
        sa.Index(
            "phone_codes_due",
            "next_attempt_at",
            postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
        ),
    )


def _time(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
