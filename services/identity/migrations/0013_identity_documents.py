"""Documents that people send to show who they are."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_documents",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        *map(_text, ("step", "document_type", "state", "reason", "note")),
        *map(_text, ("file_name", "sha256")),
        sa.Column("size", sa.BigInteger, nullable=False),
        _time("begun_at", nullable=False),
        _time("expires_at", nullable=False),
        *map(_time, ("sent_at", "claimed_until", "decided_at")),
        sa.Column("attempts", sa.Integer, nullable=False),
        _text("decided_by"),
        sa.Column("deleted_on", sa.Date, nullable=False, index=True),
        sa.Column("wrapped_key", sa.LargeBinary),
        *map(_text, ("key_id", "month")),
        sa.Column("has_raw", sa.Boolean, nullable=False),
        sa.Column("has_remade", sa.Boolean, nullable=False),
        sa.Index("identity_documents_of_subject", "subject_id", "step", "begun_at"),
        sa.Index("identity_documents_of_user", "user_id"),
    )
    waiting = "state IN ('checking', 'in_review')"
    _index("one_at_a_time", ["subject_id", "step"], waiting, is_unique=True)
    _index("waiting", ["sent_at", "id"], waiting)
    _index("uploading", ["expires_at"], "state = 'uploading'")
    _index("keys", ["key_id", "id"], "wrapped_key IS NOT NULL")
    _index("stored", ["id"], "has_raw OR has_remade")


def _index(
    name: str, columns: list[str], where: str, *, is_unique: bool = False
) -> None:
    op.create_index(
        f"identity_documents_{name}",
        "identity_documents",
        columns,
        unique=is_unique,
        postgresql_where=sa.text(where),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
