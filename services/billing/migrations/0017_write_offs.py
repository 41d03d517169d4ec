"""What services owed when they ended and could not pay is a row of its own.

What is owed of services that run stays as it is: it is taken off what they are given
back from now on, also where a new price that was never charged made it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "write_offs",
        sa.Column("service_id", sa.Uuid, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount", sa.Numeric(20, 6), nullable=False),
    )
    op.create_index("write_offs_of_company", "write_offs", ["company_id"])
