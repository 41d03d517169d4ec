"""What was written before notes had codes: rows stay, orders get codes beside words.

The group of a transaction is worked out anew: it and its indexes stay the same.
"""

from pathlib import Path

from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

import services.billing
from launcher.servers.postgres import PostgresServer
from shared.contracts.notes import NoteCode
from shared.db.database import normalise_url
from shared.db.migrations import alembic_config, migrate
from tests.fixtures.databases import empty_database
from tests.fixtures.stored_words import stored_words

MIGRATIONS = Path(services.billing.__file__).parent / "migrations"
OURS = "The payment was taken back by the bank that it came from."
THEIRS = "As agreed by phone"

WRITTEN_BEFORE = """
SET LOCAL session_replication_role = replica;
INSERT INTO document_orders
    (company_id, kind, top_up_id, net, tax, reason, ordered_at, try_at)
SELECT gen_random_uuid(), 'credit-note', gen_random_uuid(), 1, 0, words, now(), now()
FROM unnest(CAST(:words AS text[])) AS words;
INSERT INTO journal_entries (id, at, kind, memo, who, cause, company_id, request_id)
VALUES (gen_random_uuid(), now(), 'charge', '3 services', 'billing', 'charging',
    gen_random_uuid(), '');
INSERT INTO transactions
    (company_id, wallet_id, currency, at, kind, amount, balance, entry_id, line)
SELECT gen_random_uuid(), gen_random_uuid(), 'EUR', now(), kind, 1, 1,
    gen_random_uuid(), 1
FROM unnest(ARRAY['top_up', 'charge', 'chargeback', 'goodwill']) AS kind;
"""
ORDERS = "SELECT reason, note_code FROM document_orders ORDER BY position"
GROUPS = 'SELECT kind, "group" FROM transactions ORDER BY number'
INDEXES = """
SELECT indexdef FROM pg_indexes WHERE tablename = 'transactions' ORDER BY indexname
"""
ENTRIES = (
    "SELECT memo, who, note_code, note_parameters, actor_kind FROM journal_entries"
)


def test_an_upgrade_keeps_words_and_gives_codes_to_orders_alone(
    postgres_server: PostgresServer,
) -> None:
    with empty_database(postgres_server, "notes") as url:
        engine = create_engine(normalise_url(url))
        with engine.begin() as connection:
            config = alembic_config(MIGRATIONS)
            config.attributes["connection"] = connection
            command.upgrade(config, "0022")
            connection.execute(text(WRITTEN_BEFORE), {"words": [OURS, THEIRS]})
            groups = connection.execute(text(GROUPS)).all()
            indexes = connection.execute(text(INDEXES)).all()
        migrate(url, MIGRATIONS)
        with engine.begin() as connection:
            assert connection.execute(text(GROUPS)).all() == groups
            assert connection.execute(text(INDEXES)).all() == indexes
            orders = [tuple(row) for row in connection.execute(text(ORDERS))]
            entries = [tuple(row) for row in connection.execute(text(ENTRIES))]
        with Session(engine) as session:
            found = list(stored_words(session, "billing"))
        engine.dispose()

    assert orders == [(OURS, NoteCode.TAKEN_BACK), (THEIRS, "")]
    assert entries == [("3 services", "billing", "", {}, "")]
    # So they would be found if they were written now.
    assert len(found) == len([*orders, *entries]) + len(entries)
