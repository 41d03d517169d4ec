"""Several sellers: who sold a top-up, and a series for each of them.

All there is so far is the first one's. An instance of the version before sells in its
name meanwhile, but can't issue: its orders wait for one of this version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TOLD_APART = """
UPDATE document_series SET seller = 'default', year = split_part(code, '-', 2)::integer,
    kind = CASE split_part(code, '-', 1)
        WHEN 'PF' THEN 'proforma' WHEN 'INV' THEN 'invoice' ELSE 'credit-note' END;
"""


def upgrade() -> None:
    op.add_column(
        "top_ups",
        sa.Column("seller", sa.Text, nullable=False, server_default="default"),
    )
    columns = {"seller": sa.Text, "kind": sa.Text, "year": sa.Integer}
    for name, type_ in columns.items():
        op.add_column("document_series", sa.Column(name, type_))
    op.execute(TOLD_APART)
    for name in columns:
        op.alter_column("document_series", name, nullable=False)
    op.create_unique_constraint(
        "document_series_of_seller", "document_series", list(columns)
    )
