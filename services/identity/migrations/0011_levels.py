"""Why a step is as it is, until when; and the level that companies have reached."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    reason_code = sa.Column("reason_code", sa.Text, nullable=False, server_default="")
    op.add_column("verifications", reason_code)
    until = sa.Column("valid_until", sa.DateTime(timezone=True))
    op.add_column("verifications", until)
    op.create_index(
        "verifications_valid_until",
        "verifications",
        ["valid_until"],
        postgresql_where=sa.text("valid_until IS NOT NULL"),
    )
    op.create_table(
        "company_levels",
        sa.Column(
            "company_id", sa.Uuid, sa.ForeignKey("companies.id"), primary_key=True
        ),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("has_company_document", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
