"""Charging: where each service's periods stand, what was charged, what is owed.

`charges` is parted by month of the period charged, so that old months can be looked
after one by one; see docs/decisions/charging.md.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The same as services.billing.charging.periods.edge: a property test holds them
# together. A time that a day skips is taken by the offset before the gap, as
# PostgreSQL does; of a time that comes twice PostgreSQL takes the second, and we the
# first.
PERIOD_EDGE = """
CREATE FUNCTION period_edge(
    anchor timestamptz, period text, number bigint, zone text
) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    wall timestamp;
    found timestamptz;
    earlier timestamptz;
BEGIN
    IF period = 'hour' THEN
        RETURN anchor + number * interval '1 hour';
    END IF;
    wall := (anchor AT TIME ZONE zone) + CASE period
        WHEN 'day' THEN number * interval '1 day'
        WHEN 'week' THEN number * interval '7 days'
        WHEN 'month' THEN number * interval '1 month'
        WHEN 'year' THEN number * interval '12 months'
    END;
    found := wall AT TIME ZONE zone;
    earlier := found - (
        ((found - interval '1 day') AT TIME ZONE zone
            - (found - interval '1 day') AT TIME ZONE 'UTC')
        - (found AT TIME ZONE zone - found AT TIME ZONE 'UTC')
    );
    IF earlier < found AND earlier AT TIME ZONE zone = wall THEN
        RETURN earlier;
    END IF;
    RETURN found;
END $$;
"""


def upgrade() -> None:
    _extend_subscriptions()
    op.execute(PERIOD_EDGE)
    _create_charges()


def _extend_subscriptions() -> None:
    for column in (
        _time("anchor"),
        sa.Column("paid_periods", sa.BigInteger, nullable=False, server_default="0"),
        _time("paid_from"),
        _time("paid_through"),
        sa.Column("is_charged", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("suspended_us", sa.BigInteger, nullable=False, server_default="0"),
        _time("suspended_at"),
        sa.Column("owed", sa.Numeric(20, 6), nullable=False, server_default="0"),
        _time("owed_since"),
        _time("overdue_since"),
        sa.Column("unpaid_periods", sa.BigInteger, nullable=False, server_default="0"),
        _time("told_at"),
        sa.Column("payment_version", sa.BigInteger, nullable=False, server_default="0"),
    ):
        op.add_column("subscriptions", column)
    whose = ["company_id", "currency"]
    is_suspended = "state = 'suspended' AND suspension_reason = 'payment'"
    for name, columns, where in (
        ("due", [*whose, "paid_through"], "state = 'active' AND ends IS NULL"),
        (
            "overdue",
            [*whose, "overdue_since"],
            "state = 'active' AND (overdue_since IS NOT NULL OR owed <> 0)",
        ),
        ("past_grace", ["overdue_since"], "overdue_since IS NOT NULL"),
        ("waiting", whose, f"{is_suspended} AND ends IS NULL"),
        ("ending", ["paid_through"], "ends = 'end_of_period'"),
        ("unplaced", ["service_id"], "anchor IS NULL AND activated_at IS NOT NULL"),
    ):
        op.create_index(
            f"subscriptions_{name}",
            "subscriptions",
            columns,
            postgresql_where=sa.text(where),
        )
    # When a wallet was found short: nothing is tried again before it has changed.
    op.add_column("wallets", sa.Column("short_version", sa.BigInteger))
    op.add_column("wallets", _time("short_at"))


def _create_charges() -> None:
    op.create_table(
        "charges",
        sa.Column("service_id", sa.Uuid, primary_key=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount", sa.Numeric(20, 6), nullable=False),
        sa.Column("periods", sa.Integer, nullable=False),
        # None in rows merged of several entries'.
        sa.Column("entry_id", sa.Uuid),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        postgresql_partition_by="RANGE (starts_at)",
    )
    op.execute("CREATE TABLE charges_other PARTITION OF charges DEFAULT")
    op.create_index("charges_of_entry", "charges", ["entry_id"])
    op.create_index(
        "charges_of_company", "charges", ["company_id", "starts_at", "service_id"]
    )


def _time(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True))
