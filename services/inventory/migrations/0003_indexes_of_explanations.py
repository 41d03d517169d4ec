"""Lists of what a figure is made of, and of what is marked, have indexes as well.

The first of them serve any one currency or period, and exactly what a line of the costs
counts. Those of suspended and of leaving services hold these alone, so every way to
sort them has one.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SORTINGS = {
    "name": "name_key, id",
    "created": "created_at, id",
    "price": "currency, yearly_price, id",
    "state": "state_rank, name_key, id",
}
MARKED = {
    "leaving": ("company_id", "termination_requested_at IS NOT NULL"),
    "reason": ("company_id, suspension_reason", "suspension_reason IS NOT NULL"),
}


def upgrade() -> None:
    op.execute(
        "CREATE INDEX services_list_cost ON services "
        "(company_id, currency, period, family_code, state_rank, name_key, id)"
    )
    op.execute(
        "CREATE INDEX services_list_period ON services "
        "(company_id, period, state_rank, name_key, id)"
    )
    for mark, (scope, condition) in MARKED.items():
        for sorting, columns in SORTINGS.items():
            for of, narrower in (("", scope), ("_family", f"{scope}, family_code")):
                op.execute(
                    f"CREATE INDEX services_{mark}{of}_{sorting} ON services "
                    f"({narrower}, {columns}) WHERE {condition}"
                )
    op.drop_index("services_list_termination")  # now services_leaving_name
