"""Several sellers: whom companies buy from, who sold a top-up, a series for each.

An instance of the version before can't begin or go on with a series: what it can't
issue meanwhile waits for one of this version, which knows who sells.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Who has paid, owes or is owed anything here, or may pay, has one seller: who was
# there alone.
BOUGHT = """
UPDATE companies SET seller = 'default'
WHERE company_id IN (
    SELECT company_id FROM top_ups UNION SELECT company_id FROM journal_entries
);
"""

TOLD_APART = """
UPDATE document_series SET seller = 'default', year = split_part(code, '-', 2)::integer,
    kind = CASE split_part(code, '-', 1)
        WHEN 'PF' THEN 'proforma' WHEN 'INV' THEN 'invoice' ELSE 'credit-note' END;
"""


def upgrade() -> None:
    op.add_column("companies", sa.Column("seller", sa.Text))
    op.execute(BOUGHT)
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
