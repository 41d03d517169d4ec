"""Very many movements of a company's wallets at once, of each kind, as SQL."""

from sqlalchemy import text

from tests.integration.billing.office import Office

# Each hundredth is a refund; the wallets take turns. They are listed by the database.
_ENTRIES = """
INSERT INTO journal_entries (id, at, kind, memo, who, cause, company_id, request_id)
SELECT md5(:company || '/' || n)::uuid, timestamptz '2026-03-01' + n * interval '1 min',
    kind, CASE kind WHEN 'charge' THEN '3 services' WHEN 'top_up' THEN 'Visa 4242'
        WHEN 'refund' THEN 'sent back late' ELSE 'rent due' || CASE
        WHEN n % 7 = 0 THEN ' rental' ELSE '' END END,
    'Ann', CASE kind WHEN 'charge' THEN 'charging' WHEN 'correction' THEN ''
        WHEN 'top_up' THEN 'payment:' || md5(:company || n)::uuid
        ELSE 'refund:' || md5(:company || n)::uuid END,
    CAST(:company AS uuid), ''
FROM generate_series(1, :number) AS n, LATERAL (
    SELECT CASE WHEN n % 100 = 0 THEN 'refund' ELSE
        (ARRAY['charge', 'top_up', 'correction'])[1 + n % 3] END AS kind
) AS kinds
"""
_POSTINGS = """
INSERT INTO postings (entry_id, line, account_id, currency, debit, credit)
SELECT md5(:company || '/' || n)::uuid, line,
    CASE line WHEN 1 THEN wallet.id ELSE contra.id END, wallet.currency,
    CASE WHEN (line = 1) = is_out THEN amount END,
    CASE WHEN (line = 1) <> is_out THEN amount END
FROM generate_series(1, :number) AS n, generate_series(1, 2) AS line, LATERAL (
    SELECT n % 3 = 0 OR n % 100 = 0 AS is_out, 1 + n % 3 AS amount
) AS what, LATERAL (
    SELECT id, currency FROM wallets WHERE company_id = CAST(:company AS uuid)
    ORDER BY currency
    OFFSET n % (SELECT count(*) FROM wallets WHERE company_id = CAST(:company AS uuid))
    LIMIT 1
) AS wallet JOIN accounts AS contra
    ON contra.kind = 'corrections' AND contra.currency = wallet.currency
ORDER BY n, line
"""


def move(office: Office, number: int) -> None:
    """So many, in turns of the company's wallets, each of which was adjusted before."""
    values = {"company": str(office.company_id), "number": number}
    with office.database.system() as session:
        for statement in (_ENTRIES, _POSTINGS):
            session.execute(text("SET LOCAL statement_timeout = 0"))
            session.execute(text(statement), values)
