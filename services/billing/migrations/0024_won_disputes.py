"""Disputes that are won: the chargeback is undone, and the documents know of which.

The database computes the group of a transaction, so its column is created again for the
new kind: the table is rewritten, and nothing in it changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

GROUP = """CASE WHEN kind = 'top_up' THEN 'top-ups'
    WHEN kind IN ('charge', 'proration', 'unused_time') THEN 'charges'
    WHEN kind IN ('refund', 'refund_failed', 'chargeback', 'chargeback_reversed')
        THEN 'refunds'
    ELSE 'adjustments' END"""

TERMS = """
INSERT INTO transaction_terms (company_id, term, currency, "group", at, number)
SELECT moved.company_id, terms.term, moved.currency, moved."group", moved.at,
    moved.number
FROM fresh AS moved JOIN journal_entries AS entries ON entries.id = moved.entry_id,
LATERAL (
    SELECT entries.cause ~ '^(payment|refund|chargeback):' AS is_paid,
        moved."group" <> 'charges' AS is_noted
) AS kind, LATERAL (
    SELECT CASE WHEN is_paid THEN sign(moved.amount) * (
        SELECT sum(debit) FROM postings WHERE postings.entry_id = moved.entry_id
    ) ELSE moved.amount END AS paid
) AS entry, LATERAL (
    SELECT string_agg(value, ' ') AS words FROM jsonb_each_text(entries.note_parameters)
) AS parameters, LATERAL (
    SELECT DISTINCT term FROM unnest(
        ARRAY[amount_term(moved.amount), amount_term(round(moved.amount, 2)),
            amount_term(paid)]
        || CASE WHEN is_paid THEN ':' || entries.cause END
        || CASE WHEN is_noted AND entries.note_code NOT IN ('', 'own_words')
            THEN '#' || entries.note_code END
        || CASE WHEN is_noted THEN words_of(concat_ws(' ', entries.memo, words)) END
    ) AS term WHERE term IS NOT NULL
) AS terms
"""

# EXECUTE: see the first migration.
KEPT = f"""
CREATE OR REPLACE FUNCTION list_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $sql${TERMS}$sql$;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.add_column("chargebacks", sa.Column("won_at", sa.DateTime(timezone=True)))
    op.create_index(
        "chargebacks_won",
        "chargebacks",
        ["won_at"],
        postgresql_where=sa.text("state = 'booked' AND won_at IS NOT NULL"),
    )
    for table in ("document_orders", "documents"):
        op.add_column(table, sa.Column("chargeback_id", sa.Uuid))
    op.create_index("documents_chargeback", "documents", ["chargeback_id"])
    _know_reversals()
    op.execute(KEPT)


def _know_reversals() -> None:
    # Its indexes go with the column.
    op.drop_column("transactions", "group")
    op.add_column(
        "transactions",
        sa.Column("group", sa.Text, sa.Computed(GROUP, persisted=True), nullable=False),
    )
    for name, scope in {
        "group": 'company_id, "group"',
        "currency_group": 'company_id, currency, "group"',
    }.items():
        op.execute(
            f"CREATE INDEX transactions_of_{name} ON transactions ({scope}, at, number)"
        )
