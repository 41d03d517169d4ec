"""What a line of the costs is made of, in all families, in the order of the list."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX services_list_cost_name ON services "
        "(company_id, currency, period, name_key, id) WHERE state_rank <= 3"
    )
