"""The months of charges are made by a function of the tables' owner.

The service itself makes no tables: its role may only read and write rows.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Rows that came before their month was made stay where they are, and it with them.
_FUNCTION = """
CREATE FUNCTION make_month_of_charges(first timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month timestamp := date_trunc('month', first AT TIME ZONE 'UTC');
    name text := 'charges_' || to_char(month, 'YYYY_MM');
    begins timestamptz := month AT TIME ZONE 'UTC';
    ends timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass('public.' || name) IS NOT NULL OR EXISTS (
        SELECT FROM public.charges_other WHERE starts_at >= begins AND starts_at < ends
    ) THEN
        RETURN;
    END IF;
    EXECUTE format(
        'CREATE TABLE public.%I PARTITION OF public.charges '
        'FOR VALUES FROM (%L) TO (%L)', name, begins, ends
    );
END $$
"""


def upgrade() -> None:
    op.execute(_FUNCTION)
