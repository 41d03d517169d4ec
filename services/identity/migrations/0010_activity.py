"""The trail of what people did; nobody changes or deletes its rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The table's owner can switch the trigger off, and so deletes what is too old:
# see launcher/servers/old_activity.py. The service's own role can't.
STAYS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER activity_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON activity
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid),
        *map(_text, ("actor_kind", "actor_name", "method")),
        sa.Column("recorded", JSONB, nullable=False),
        sa.Column("session_id", sa.Uuid),
        *map(_text, ("request_id", "network", "browser", "system")),
        sa.Index("activity_of_company", "company_id", "at", "number"),
        sa.Index("activity_of_user", "user_id", "at", "number"),
    )
    op.execute(STAYS)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)
