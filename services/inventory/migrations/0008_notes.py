"""The history's notes are codes with parameters, and say what kind of actor acted.

Rows from before stay as they are: they have words and names, and no code.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("actor_kind", "actor_name", "note_code"):
        op.add_column("service_history", _text(name))
    parameters = sa.Column(
        "note_parameters", JSONB, nullable=False, server_default="{}"
    )
    op.add_column("service_history", parameters)
    for name in ("termination_actor_kind", "termination_actor_name"):
        op.add_column("services", _text(name))


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, server_default="")
