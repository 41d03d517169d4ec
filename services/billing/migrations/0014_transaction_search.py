"""Transactions in the order of their times, and the terms they are searched by.

The times of one wallet never fall any more, so the list by time is the order in which
its balances follow each other, and a period is one piece of it in every index. See
docs/decisions/search-of-transactions.md.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEPARATORS = "".join(
    map(
        chr,
        (
            *(*range(0x01, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61)),
            *(*range(0x7B, 0xA2), 0xAB, 0xB7, 0xBB, 0xBF),
            *(*range(0x2000, 0x2070), *range(0x3000, 0x3003)),
        ),
    )
)
LITERAL = SEPARATORS.replace("'", "''")

# What is searched goes through the same function, so both sides can't differ. A term
# that is no word begins with what no word holds.
FUNCTIONS = f"""
CREATE FUNCTION words_of(line text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
    SELECT coalesce(array_agg(DISTINCT left(word, 100)), '{{}}')
    FROM unnest(string_to_array(lower(translate(normalize(line, NFC),
        '{LITERAL}', repeat(' ', {len(SEPARATORS)}))), ' ')) AS word
    WHERE word <> ''
);
CREATE FUNCTION amount_term(amount numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN '=' || trim_scale(amount);
"""

# Each is found by its amount as it is and as it is shown, in whole cents; a payment and
# a refund by what was paid, too, which is the sum of its entry.
TERMS = """
INSERT INTO transaction_terms (company_id, term, currency, "group", at, number)
SELECT moved.company_id, term, moved.currency, moved."group", moved.at, moved.number
FROM {rows} AS moved JOIN journal_entries AS entries ON entries.id = moved.entry_id,
LATERAL (
    SELECT entries.cause ~ '^(payment|refund):' AS is_paid
) AS kind, LATERAL (
    SELECT CASE WHEN is_paid THEN sign(moved.amount) * (
        SELECT sum(debit) FROM postings WHERE postings.entry_id = moved.entry_id
    ) ELSE moved.amount END AS paid
) AS entry, LATERAL (
    SELECT DISTINCT term FROM unnest(
        ARRAY[amount_term(moved.amount), amount_term(round(moved.amount, 2)),
            amount_term(paid)]
        || CASE WHEN is_paid THEN ':' || entries.cause END
        || CASE WHEN moved."group" <> 'charges' THEN words_of(entries.memo) END
    ) AS term WHERE term IS NOT NULL
) AS terms
"""

MOVEMENTS = """
WITH moved AS MATERIALIZED (
    SELECT wallets.id, wallets.company_id, wallets.currency, wallets.balance,
        coalesce(credit, -debit) AS amount, position, entry_id, line
    FROM fresh JOIN wallets ON wallets.id = account_id
), before AS MATERIALIZED (
    SELECT id, (
        SELECT max(at) FROM transactions AS earlier
        WHERE earlier.company_id = each.company_id
            AND earlier.currency = each.currency
    ) AS last_at
    FROM (SELECT DISTINCT id, company_id, currency FROM moved) AS each
)
INSERT INTO transactions
    (company_id, wallet_id, currency, at, kind, amount, balance, entry_id, line)
SELECT moved.company_id, moved.id, moved.currency,
    greatest(last_at, max(entries.at) OVER (PARTITION BY moved.id ORDER BY position)),
    entries.kind, amount, balance - coalesce(sum(amount) OVER (
        PARTITION BY moved.id ORDER BY position DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0),
    entry_id, line
FROM moved JOIN before USING (id)
    JOIN journal_entries AS entries ON entries.id = entry_id
ORDER BY position
"""

# EXECUTE: see the first migration.
KEPT = f"""
CREATE OR REPLACE FUNCTION list_movements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE '{MOVEMENTS}';
    RETURN NULL;
END $$;
CREATE FUNCTION list_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $sql${TERMS.format(rows="fresh")}$sql$;
    RETURN NULL;
END $$;
CREATE TRIGGER transactions_found AFTER INSERT ON transactions
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION list_terms();
"""

RISING_TIMES = """
ALTER TABLE transactions DISABLE TRIGGER transactions_stay;
UPDATE transactions SET at = risen.at
FROM (
    SELECT number, max(at) OVER (PARTITION BY wallet_id ORDER BY number) AS at
    FROM transactions
) AS risen
WHERE risen.number = transactions.number AND risen.at <> transactions.at;
ALTER TABLE transactions ENABLE TRIGGER transactions_stay;
"""


def upgrade() -> None:
    op.execute(RISING_TIMES)
    for name in ("of_company", "of_group", "of_currency", "of_currency_group", "at"):
        op.drop_index(f"transactions_{name}", "transactions")
    for name, scope in {
        "company": "company_id",
        "group": 'company_id, "group"',
        "currency": "company_id, currency",
        "currency_group": 'company_id, currency, "group"',
    }.items():
        op.execute(
            f"CREATE INDEX transactions_of_{name} ON transactions ({scope}, at, number)"
        )
    op.create_table(
        "transaction_terms",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("term", sa.Text(collation="C"), primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("group", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
    )
    op.execute(FUNCTIONS)
    op.execute(TERMS.format(rows="transactions"))
    op.execute(KEPT)
