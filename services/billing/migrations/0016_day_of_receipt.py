"""Tax by the day of receipt: what was known of a customer, and what a payment bore.

What is known when this runs counts as known ever since. An instance of the version
before keeps no history meanwhile: a payment that is received now goes by what is known
now.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KNOWN_SO_FAR = """
INSERT INTO known_customers (company_id, known_from, customer)
SELECT company_id, '1970-01-01Z', jsonb_build_object(
    'country', c.country, 'is_business', c.is_business, 'region', c.region,
    'postal_code', c.postal_code, 'city', c.city,
    'vat_id', CASE WHEN t.number <> '' THEN jsonb_build_object(
        'number', t.number, 'country', t.country, 'state', t.state,
        'checked_on', (t.checked_at AT TIME ZONE 'UTC')::date, 'match', t.match,
        'proof', t.proof, 'is_confirmed_by_hand', t.confirmed_by <> '') END)
FROM companies c LEFT JOIN tax_ids t USING (company_id) WHERE c.country <> ''
"""


def upgrade() -> None:
    op.create_table(
        "known_customers",
        sa.Column(
            "position", sa.BigInteger, sa.Identity(always=True), primary_key=True
        ),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer", JSONB, nullable=False),
    )
    op.create_index(
        "known_customers_by_time", "known_customers", ["company_id", "known_from"]
    )
    op.execute(KNOWN_SO_FAR)
    op.add_column("payments", sa.Column("received_on", sa.Date))
    op.add_column("payments", sa.Column("tax_decision", JSONB))
    op.add_column("payments", sa.Column("place_evidence", JSONB))
    op.add_column("payments", sa.Column("has_doubtful_place", sa.Boolean))
    op.create_index(
        "payments_with_doubtful_place",
        "payments",
        ["received_on", "id"],
        postgresql_where=sa.text("has_doubtful_place"),
    )
