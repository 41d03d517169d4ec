"""Documents: what is to be issued, their series, what was issued, and its files."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# What was paid and given back before there were documents has its own now.
ORDER_FOR_THE_PAST = """
INSERT INTO document_orders (company_id, kind, top_up_id, payment_id, refund_id, net,
    tax, reason, ordered_at, try_at)
SELECT company_id, kind, top_up_id, payment_id, refund_id, net, tax, reason, at, at
FROM (
    SELECT company_id, 'invoice' AS kind, top_up_id, id AS payment_id,
        NULL::uuid AS refund_id, net, tax, '' AS reason, settled_at AS at
    FROM payments WHERE state IN ('succeeded', 'charged_back')
    UNION ALL
    SELECT company_id, 'credit-note', top_up_id, payment_id, id, net, tax, reason,
        created_at
    FROM refunds WHERE state <> 'failed'
    UNION ALL
    SELECT payments.company_id, 'credit-note', payments.top_up_id, payments.id, NULL,
        payments.net - coalesce(sum(refunds.net), 0),
        payments.tax - coalesce(sum(refunds.tax), 0),
        'The payment was taken back by the bank that it came from.',
        max(journal_entries.at)
    FROM payments
    JOIN journal_entries ON kind = 'chargeback' AND cause = 'payment:' || payments.id
    LEFT JOIN refunds ON payment_id = payments.id AND refunds.state <> 'failed'
    WHERE payments.state = 'charged_back'
    GROUP BY payments.id
    HAVING payments.net > coalesce(sum(refunds.net), 0)
) AS past ORDER BY at, kind DESC;
"""

STAY = """
CREATE TRIGGER documents_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON documents
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "document_orders",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True)),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("top_up_id", sa.Uuid, sa.ForeignKey("top_ups.id"), nullable=False),
        sa.Column("payment_id", sa.Uuid),
        sa.Column("refund_id", sa.Uuid),
        sa.Column("net", sa.Numeric(20, 6), nullable=False),
        sa.Column("tax", sa.Numeric(20, 6), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.execute(ORDER_FOR_THE_PAST)
    op.create_table(
        "document_series",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column(
            "series", sa.Text, sa.ForeignKey("document_series.code"), nullable=False
        ),
        sa.Column("number_in_series", sa.BigInteger, nullable=False),
        sa.Column("number", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("net", sa.Numeric(20, 6), nullable=False),
        sa.Column("tax", sa.Numeric(20, 6), nullable=False),
        sa.Column("top_up_id", sa.Uuid, sa.ForeignKey("top_ups.id"), nullable=False),
        sa.Column("payment_id", sa.Uuid),
        sa.Column("refund_id", sa.Uuid),
        sa.Column("corrects_id", sa.Uuid, sa.ForeignKey("documents.id")),
        sa.Column("content", sa.dialects.postgresql.JSONB, nullable=False),
        sa.UniqueConstraint("series", "number_in_series", name="documents_series"),
    )
    op.create_index("documents_list", "documents", ["company_id", "position"])
    op.create_index("documents_top_up", "documents", ["top_up_id"])
    op.create_index("documents_payment", "documents", ["payment_id", "position"])
    op.create_index("documents_refund", "documents", ["refund_id"])
    op.create_index("documents_corrects", "documents", ["corrects_id"])
    op.execute(STAY)
    op.create_table(
        "document_files",
        sa.Column(
            "document_id", sa.Uuid, sa.ForeignKey("documents.id"), primary_key=True
        ),
        sa.Column("format", sa.Text, primary_key=True),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "document_renderings",
        sa.Column(
            "document_id", sa.Uuid, sa.ForeignKey("documents.id"), primary_key=True
        ),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("document_renderings_due", "document_renderings", ["try_at"])
