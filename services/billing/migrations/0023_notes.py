"""Notes are codes with parameters, and say what kind of actor wrote them.

Rows from before keep their words and have no code: the tables that are only added to
stay as they are. Documents that are still to be issued say our own reasons in their
language, so these get their codes beside their words.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

REASONS = {
    "taken_back": "The payment was taken back by the bank that it came from.",
    "refund_not_paid_out": "The refund could not be paid out, and the balance has it "
    "again.",
    "paid_twice": "Paid twice, and given back as you asked.",
    "accounting_tax_missing": "The invoice did not say its VAT in the seller's "
    "currency.",
}

# As since 0014, and what a note's code stands for: `#` begins no word. A reader's words
# for a code are looked up as that; its parameters are words themselves.
TERMS = """
INSERT INTO transaction_terms (company_id, term, currency, "group", at, number)
SELECT moved.company_id, terms.term, moved.currency, moved."group", moved.at,
    moved.number
FROM fresh AS moved JOIN journal_entries AS entries ON entries.id = moved.entry_id,
LATERAL (
    SELECT entries.cause ~ '^(payment|refund):' AS is_paid,
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
KEPT = f"""
CREATE OR REPLACE FUNCTION list_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $sql${TERMS}$sql$;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    for table in ("journal_entries", "document_orders", "refunds", "payments"):
        _add(table, _text("note_code"), _parameters())
    for table in ("journal_entries", "top_ups"):
        _add(table, _text("actor_kind"), _text("actor_name"))
    _give_codes()
    op.execute(KEPT)


def _give_codes() -> None:
    orders = sa.table("document_orders", sa.column("note_code"), sa.column("reason"))
    for code, words in REASONS.items():
        op.execute(
            sa.update(orders).where(orders.c.reason == words).values(note_code=code)
        )


def _add(table: str, *columns: sa.Column) -> None:
    for column in columns:
        op.add_column(table, column)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _parameters() -> sa.Column:
    return sa.Column("note_parameters", JSONB, nullable=False, server_default="{}")
