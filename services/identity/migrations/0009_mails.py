"""Mails: files, what was given up; the order of notices; blocked logins."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_files",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    for column in (
        sa.Column("position", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("given_up_at", sa.DateTime(timezone=True)),
        sa.Column("failure", sa.Text, nullable=False, server_default=""),
        sa.Column("file_id", sa.Uuid, sa.ForeignKey("notice_files.id")),
    ):
        op.add_column("notices", column)
    op.create_index("notices_of_file", "notices", ["file_id"])
    op.drop_index("notices_of_user", "notices")
    op.create_index("notices_of_user", "notices", ["user_id", "position"])
    op.create_index(
        "notices_given_up",
        "notices",
        ["position"],
        postgresql_where=sa.text("given_up_at IS NOT NULL"),
    )
    op.add_column("users", sa.Column("blocked_at", sa.DateTime(timezone=True)))
