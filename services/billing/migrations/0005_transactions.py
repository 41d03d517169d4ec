"""Each movement of a wallet with the balance it left, in the order of the list.

The database keeps them itself, with the balance: whoever posts to a wallet holds its
row until COMMIT, so numbers and balances follow each other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GROUP = """CASE WHEN kind = 'top_up' THEN 'top-ups'
    WHEN kind IN ('charge', 'proration', 'unused_time') THEN 'charges'
    WHEN kind IN ('refund', 'refund_failed', 'chargeback') THEN 'refunds'
    ELSE 'adjustments' END"""

MOVEMENTS = """
INSERT INTO transactions
    (company_id, wallet_id, currency, at, kind, amount, balance, entry_id, line)
SELECT wallets.company_id, wallets.id, wallets.currency, entries.at, entries.kind,
    coalesce(credit, -debit),
    wallets.balance - coalesce(sum(coalesce(credit, -debit)) OVER (
        PARTITION BY wallets.id ORDER BY moved.position DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0),
    moved.entry_id, moved.line
FROM {postings} AS moved JOIN wallets ON wallets.id = account_id
    JOIN journal_entries AS entries ON entries.id = moved.entry_id
ORDER BY moved.position"""

# After `postings_balance` by its name, which has changed and so locked the wallets.
# EXECUTE: see the first migration.
KEPT = f"""
CREATE FUNCTION list_movements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE '{MOVEMENTS.format(postings="fresh")}';
    RETURN NULL;
END $$;
CREATE TRIGGER postings_listed AFTER INSERT ON postings REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION list_movements();
CREATE TRIGGER transactions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "transactions",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("wallet_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("group", sa.Text, sa.Computed(GROUP, persisted=True), nullable=False),
        sa.Column("amount", sa.Numeric(20, 6), nullable=False),
        sa.Column("balance", sa.Numeric(20, 6), nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("line", sa.SmallInteger, nullable=False),
    )
    for name, scope in {
        "company": "company_id",
        "group": 'company_id, "group"',
        "currency": "company_id, currency",
        "currency_group": 'company_id, currency, "group"',
    }.items():
        op.execute(
            f"CREATE INDEX transactions_of_{name} ON transactions ({scope}, number)"
        )
    op.create_index("transactions_at", "transactions", ["company_id", "at", "number"])
    op.create_index("transactions_of_entry", "transactions", ["entry_id"])
    op.execute(MOVEMENTS.format(postings="postings"))
    op.execute(KEPT)
