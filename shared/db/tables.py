"""Create the tables for outbox, idempotency and epochs of every service.

They are created by the functions at the end, called from each service's migrations, and
are frozen like a migration: a change is another function.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData()

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("position", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("event_name", sa.Text, nullable=False),
    sa.Column("envelope", JSONB, nullable=False),
    sa.Column("relayed_at", sa.DateTime(timezone=True)),
    sa.Index(
        "outbox_waiting", "position", postgresql_where=sa.text("relayed_at IS NULL")
    ),
)
"""Events written with their change, relayed to the broker afterwards, in order."""

handled_events = sa.Table(
    "handled_events",
    metadata,
    sa.Column("handler", sa.Text, primary_key=True),
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
)
"""Which handler has processed which event, written with the handler's effect."""

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("company_id", sa.Uuid, primary_key=True),
    sa.Column("user_id", sa.Uuid, primary_key=True),
    sa.Column("method", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("arguments_hash", sa.LargeBinary, nullable=False),
    sa.Column("result", JSONB),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, index=True),
)
"""The result of each call that changed something, written with its effect."""


event_epoch = sa.Table(
    "event_epoch",
    metadata,
    sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1"), primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
)
"""One row, once the service's events were replayed: what they all carry since."""


def create_outbox_and_idempotency() -> None:
    """Create the three tables, inside an Alembic migration."""
    tables = (outbox, handled_events, idempotency_keys)
    metadata.create_all(op.get_bind(), tables=tables, checkfirst=False)


def create_event_epoch() -> None:
    """Create the table, inside an Alembic migration."""
    metadata.create_all(op.get_bind(), tables=[event_epoch], checkfirst=False)
