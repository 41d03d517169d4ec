"""Very many movements of one company's wallet, written in sets.

A quarter each is charges, top-ups that were paid, refunds of these, and adjustments;
what is paid or given back has its document. They lie within the last year. The list,
its balances and its terms are the database's own work, as for all that is posted.
"""

from uuid import UUID

from sqlalchemy import Connection, Engine, text

from launcher.machine.errors import LaunchError

RARE_WORD, RARE_AMOUNT = "seldom", "7.770007"
"""One transaction has each of them."""

_BATCH = 100_000

_ACCOUNTS = """
INSERT INTO accounts (id, kind, currency)
SELECT md5('bench-' || kind)::uuid, kind, 'EUR'
FROM unnest(ARRAY['payments', 'tax', 'corrections', 'revenue']) AS kind
ON CONFLICT DO NOTHING
"""
_SERIES = """
INSERT INTO document_series (code, seller, kind, year, last_number, last_day)
VALUES (:code, :code, 'invoice', 2000, :number, CURRENT_DATE)
"""

# What is common to all statements: of each number its kind, its moment and its ids.
_NUMBERED = """
WITH numbered AS (
    SELECT n, (ARRAY['charge', 'top_up', 'refund', 'correction'])[1 + n % 4] AS kind,
        CAST(:now AS timestamptz) - (:number - n + 1) * (interval '360 days' / :number)
            AS at,
        md5(:code || '-entry-' || n)::uuid AS entry_id,
        md5(:code || '-about-' || n)::uuid AS about_id,
        md5(:code || '-about-' || n - n % 4 + 1)::uuid AS top_up_id,
        CAST(:company_id AS uuid) AS company_id
    FROM generate_series(:first, :last) AS n
)
"""
_BATCHES = (
    """
INSERT INTO top_ups (id, company_id, wallet_id, reference, state, gateway, currency,
    net, tax, gross, refunded_net, tax_lines, tax_reason, created_at,
    created_by, expires_at, settled_at, version)
SELECT about_id, company_id, CAST(:wallet_id AS uuid), 'TU-' || :code || '-' || n,
    'partly_refunded', 'sandbox', 'EUR', 50, 9.5, 59.5, 20, '[]', '{}', at, 'Ann',
    at, at, 1
FROM numbered WHERE kind = 'top_up'
""",
    """
INSERT INTO payments (id, company_id, top_up_id, gateway, state, currency, amount, net,
    tax, method, created_at, settled_at)
SELECT about_id, company_id, about_id, 'sandbox', 'succeeded', 'EUR', 59.5, 50, 9.5,
    'Visa ending in 4242', at, at
FROM numbered WHERE kind = 'top_up'
""",
    """
INSERT INTO refunds (id, company_id, top_up_id, payment_id, state, currency, net, tax,
    reason, who, created_at, settled_at, failure)
SELECT about_id, company_id, top_up_id, top_up_id, 'succeeded', 'EUR', 20, 3.8,
    'Returned', 'Ann', at, at, ''
FROM numbered WHERE kind = 'refund'
""",
    """
INSERT INTO documents (id, company_id, series, number_in_series, number, kind,
    issued_on, issued_at, currency, net, tax, top_up_id, payment_id, refund_id, content)
SELECT md5(:code || '-document-' || n)::uuid, company_id, :code, n, :code || '-' || n,
    CASE kind WHEN 'top_up' THEN 'invoice' ELSE 'credit-note' END, at, at, 'EUR', 50,
    9.5, top_up_id, top_up_id, CASE kind WHEN 'refund' THEN about_id END, '{}'
FROM numbered WHERE kind IN ('top_up', 'refund')
""",
    """
INSERT INTO journal_entries (id, at, kind, memo, who, cause, company_id, request_id)
SELECT entry_id, at, kind, CASE kind
        WHEN 'charge' THEN '3 services'
        WHEN 'top_up' THEN 'Visa ending in 4242'
        WHEN 'refund' THEN CASE n % 8 WHEN 2 THEN 'Returned' ELSE 'Return as asked' END
        ELSE 'Goodwill for case ' || left(md5(n::text), 8) ||
            CASE n WHEN 3 THEN ' ' || :rare_word ELSE '' END
    END, 'Ann', CASE kind
        WHEN 'charge' THEN 'charging'
        WHEN 'top_up' THEN 'payment:' || about_id
        WHEN 'refund' THEN 'refund:' || about_id
        ELSE 'adjust_wallet'
    END, company_id, ''
FROM numbered
""",
    """
INSERT INTO postings (entry_id, line, account_id, currency, debit, credit)
SELECT entry_id, line, CASE side WHEN 'wallet' THEN CAST(:wallet_id AS uuid)
        ELSE (SELECT id FROM accounts WHERE kind = side AND currency = 'EUR')
    END, 'EUR', CASE WHEN moved > 0 THEN moved END, CASE WHEN moved < 0 THEN -moved END
FROM numbered, LATERAL (
    SELECT CASE n WHEN 4 THEN CAST(:rare_amount AS numeric)
        ELSE 0.01 + n % 5000 * 0.01 END AS used
) AS what, LATERAL (VALUES
    ('charge', 1, 'wallet', used), ('charge', 2, 'revenue', -used),
    ('top_up', 1, 'payments', 59.5), ('top_up', 2, 'wallet', -50),
    ('top_up', 3, 'tax', -9.5),
    ('refund', 1, 'payments', -23.8), ('refund', 2, 'wallet', 20),
    ('refund', 3, 'tax', 3.8),
    ('correction', 1, 'corrections', 1.5), ('correction', 2, 'wallet', -1.5)
) AS lines (of_kind, line, side, moved)
WHERE of_kind = kind ORDER BY n, line
""",
)


def fill(engine: Engine, company_id: UUID, code: str, number: int) -> None:
    """Move the wallet of a company so many times; ``code`` begins its documents.

    Raises:
        LaunchError: the database has not listed them.
    """
    with engine.begin() as connection:
        _do(connection, "SET LOCAL statement_timeout = 0", {})
        wallet_id, now = connection.execute(
            text("SELECT id, now() FROM wallets WHERE company_id = :company_id"),
            {"company_id": company_id},
        ).one()
        values: dict[str, object] = {
            "company_id": str(company_id),
            "wallet_id": str(wallet_id),
            "code": code,
            "number": number,
            "now": now,
            "rare_word": RARE_WORD,
            "rare_amount": RARE_AMOUNT,
        }
        _do(connection, _ACCOUNTS, values)
        _do(connection, _SERIES, values)
    for first in range(1, number + 1, _BATCH):
        values |= {"first": first, "last": min(first + _BATCH - 1, number)}
        with engine.begin() as connection:
            _do(connection, "SET LOCAL statement_timeout = 0", {})
            for statement in _BATCHES:
                _do(connection, _NUMBERED + statement, values)
    _check(engine, company_id, number)


def _do(connection: Connection, statement: str, values: dict[str, object]) -> None:
    wanted = text(statement)
    connection.execute(wanted, {name: values[name] for name in wanted.compile().params})


def _check(engine: Engine, company_id: UUID, number: int) -> None:
    listed = text("SELECT count(*) FROM transactions WHERE company_id = :company_id")
    with engine.connect() as connection:
        found = connection.scalar(listed, {"company_id": company_id})
    if found != number:
        raise LaunchError(f"{found} of {number} transactions are listed")
