"""Wallets, the ledger with its rules, and the projection of services."""

import sqlalchemy as sa
from alembic import op

from shared.db.tables import create_outbox_and_idempotency

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The rules of the ledger, which hold for any SQL that reaches the tables. The reasons
# are in docs/decisions/ledger.md. Checks look at whole statements through transition
# tables, so a million postings cost a few set operations and not a million calls; they
# stand in for foreign keys, because entries and accounts can never go away again.
# EXECUTE has each check planned for its own size: a plan kept from a posting of two
# rows would be a nested loop over two million.
LEDGER_RULES = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION check_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh WHERE xact <> pg_current_xact_id()) THEN
        RAISE EXCEPTION 'an entry bears the transaction that made it'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION take_in_postings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    culprit uuid;
    missing uuid;
BEGIN
    EXECUTE '
        SELECT entry_id FROM fresh LEFT JOIN journal_entries ON id = entry_id
        WHERE xact IS DISTINCT FROM pg_current_xact_id() LIMIT 1' INTO culprit;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'entry % is closed or not there', culprit
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    EXECUTE '
        SELECT account_id FROM fresh LEFT JOIN accounts
            ON id = account_id AND accounts.currency = fresh.currency
        WHERE id IS NULL LIMIT 1' INTO culprit;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'account % is not there or has another currency', culprit
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    EXECUTE '
        SELECT entry_id FROM fresh GROUP BY entry_id, currency
        HAVING sum(coalesce(debit, -credit)) <> 0 LIMIT 1' INTO culprit;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'the postings of entry % do not sum to zero', culprit
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    EXECUTE '
        WITH changes AS (
            SELECT account_id, sum(coalesce(credit, -debit)) AS change
            FROM fresh JOIN accounts ON id = account_id AND kind = ''wallet''
            GROUP BY account_id
        ), changed AS (
            UPDATE wallets SET balance = balance + change
            FROM changes WHERE id = account_id RETURNING id
        )
        SELECT account_id FROM changes
        WHERE account_id NOT IN (SELECT id FROM changed) LIMIT 1' INTO missing;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'account % has no wallet to keep its balance', missing
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_new_wallet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.balance <> 0 OR NOT EXISTS (
        SELECT FROM accounts WHERE id = NEW.id AND kind = 'wallet'
    ) THEN
        RAISE EXCEPTION 'a wallet begins empty, on an account of its own'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_wallet_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'only postings change a balance, and nothing a wallet''s owner'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER entries_bear_their_transaction AFTER INSERT ON journal_entries
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_entries();
CREATE TRIGGER postings_balance AFTER INSERT ON postings
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION take_in_postings();

CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER wallets_stay BEFORE DELETE OR TRUNCATE ON wallets
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER wallets_begin_empty BEFORE INSERT ON wallets
    FOR EACH ROW EXECUTE FUNCTION check_new_wallet();
CREATE TRIGGER wallets_keep_their_owner BEFORE UPDATE ON wallets
    FOR EACH ROW WHEN (
        (OLD.id, OLD.company_id, OLD.currency)
            IS DISTINCT FROM (NEW.id, NEW.company_id, NEW.currency)
        -- Within the trigger on postings the depth is one.
        OR (OLD.balance <> NEW.balance AND pg_trigger_depth() = 0)
    ) EXECUTE FUNCTION refuse_wallet_change();
"""


def upgrade() -> None:
    create_outbox_and_idempotency()
    _create_wallets()
    _create_ledger()
    _create_projection()
    _create_rollups()
    op.execute(LEDGER_RULES)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _id(name: str) -> sa.Column:
    return sa.Column(name, sa.Uuid, nullable=False)


def _amount(name: str, precision: int = 20, scale: int = 6) -> sa.Column:
    return sa.Column(name, sa.Numeric(precision, scale), nullable=False)


def _create_wallets() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("kind"),
        _text("currency"),
        sa.UniqueConstraint("id", "currency", name="accounts_currency"),
    )
    op.create_index(
        "accounts_contra",
        "accounts",
        ["kind", "currency"],
        unique=True,
        postgresql_where=sa.text("kind <> 'wallet'"),
    )
    op.create_table(
        "wallets",
        sa.Column("id", sa.Uuid, primary_key=True),
        _id("company_id"),
        _text("currency"),
        sa.Column("is_primary", sa.Boolean, nullable=False),
        _amount("balance"),
        _amount("credit_limit"),
        _amount("comfort_buffer"),
        sa.Column("horizon_days", sa.SmallInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["id", "currency"], ["accounts.id", "accounts.currency"]
        ),
        sa.UniqueConstraint("company_id", "currency", name="wallets_currency"),
        # NaN is above every number to PostgreSQL, so an upper bound keeps it out.
        sa.CheckConstraint(
            "credit_limit >= 0 AND credit_limit < 1e14", "wallets_limit"
        ),
        sa.CheckConstraint(
            "comfort_buffer >= 0 AND comfort_buffer < 1e14", "wallets_buffer"
        ),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 366", "wallets_horizon"),
    )
    op.create_index(
        "wallets_primary",
        "wallets",
        ["company_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
    )


def _create_ledger() -> None:
    op.create_table(
        "journal_entries",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _text("kind"),
        _text("memo"),
        _text("who"),
        _text("cause"),
        _id("company_id"),
        _text("request_id"),
        sa.Column(
            "xact",
            _Xid8(),
            nullable=False,
            server_default=sa.text("pg_current_xact_id()"),
        ),
        sa.Column(
            "first_line", sa.SmallInteger, nullable=False, server_default=sa.text("1")
        ),
        sa.CheckConstraint("first_line = 1", "journal_entries_first_line"),
    )
    op.create_table(
        "postings",
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column("line", sa.SmallInteger, primary_key=True),
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
        _id("account_id"),
        _text("currency"),
        sa.Column("debit", sa.Numeric(20, 6)),
        sa.Column("credit", sa.Numeric(20, 6)),
        sa.CheckConstraint("num_nonnulls(debit, credit) = 1", "postings_one_side"),
        sa.CheckConstraint(
            "coalesce(debit, credit) > 0 AND coalesce(debit, credit) < 1e14",
            "postings_amount",
        ),
        sa.Index("postings_of_account", "account_id", "position", unique=True),
    )
    # An entry without postings fails this at COMMIT: it names its first one.
    op.create_foreign_key(
        "journal_entries_have_postings",
        "journal_entries",
        "postings",
        ["id", "first_line"],
        ["entry_id", "line"],
        deferrable=True,
        initially="DEFERRED",
    )


def _create_projection() -> None:
    op.create_table(
        "companies",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        _text("time_zone"),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "subscriptions",
        sa.Column("service_id", sa.Uuid, primary_key=True),
        _id("company_id"),
        sa.Column("version", sa.BigInteger, nullable=False),
        _text("family_code"),
        _text("family_name"),
        _text("state"),
        sa.Column("suspension_reason", sa.Text),
        _text("currency"),
        _amount("price", 30, 12),
        _text("period"),
        sa.Column("activated_at", sa.DateTime(timezone=True)),
        sa.Column("ends", sa.Text),
        sa.Index("subscriptions_of_company", "company_id", "service_id"),
    )


def _create_rollups() -> None:
    op.create_table(
        "recurring_costs",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("family_code", sa.Text, primary_key=True),
        sa.Column("family_name", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("standing", sa.Text, primary_key=True),
        sa.Column("service_count", sa.BigInteger, nullable=False),
        _amount("amount", 40, 12),
    )
    op.create_table(
        "renewals",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("grain", sa.Text, primary_key=True),
        sa.Column("slot", sa.BigInteger, primary_key=True),
        sa.Column("family_code", sa.Text, primary_key=True),
        sa.Column("service_count", sa.BigInteger, nullable=False),
        _amount("amount", 40, 6),
    )


class _Xid8(sa.types.UserDefinedType):
    def get_col_spec(self, **_kw: object) -> str:
        return "xid8"
