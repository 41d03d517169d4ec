"""Instances of this release and of the one before work on one database."""

from sqlalchemy import text

from shared.db.database import Database
from tests.fixtures.billing.payer import Payer

OF_THE_RELEASE_BEFORE = """
INSERT INTO top_ups (id, company_id, wallet_id, reference, state, gateway, currency,
    net, tax, gross, refunded_net, refunded_tax, tax_lines, tax_reason, created_at,
    created_by, expires_at, settled_at, version, is_intended, seller)
SELECT gen_random_uuid(), company_id, wallet_id, reference || '-2', state, gateway,
    currency, net, tax, gross, 0, 0, tax_lines, tax_reason, created_at, created_by,
    expires_at, settled_at, version, is_intended, seller
FROM top_ups WHERE id = :id
RETURNING refunded_tax
"""


def test_both_releases_write_top_ups(billing_database: Database, payer: Payer) -> None:
    written = payer.begin()

    with billing_database.system() as session:
        of_this = session.scalar(
            text("SELECT refunded_tax FROM top_ups WHERE id = :id"), {"id": written.id}
        )
        before = session.scalar(text(OF_THE_RELEASE_BEFORE), {"id": written.id})
        session.rollback()
    assert (of_this, before) == (0, 0)
