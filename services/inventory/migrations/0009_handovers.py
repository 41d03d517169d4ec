"""A service that goes to another company takes its words for the search along.

Its history says so.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As in the migration that made it, but for the company.
INDEX_CHANGED = """
CREATE OR REPLACE FUNCTION index_words_of_changed_services() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM former JOIN current USING (id)
        WHERE former.search <> current.search OR former.name_key <> current.name_key
            OR former.company_id <> current.company_id
    ) THEN
        RETURN NULL;
    END IF;
    DELETE FROM service_words WHERE (company_id, word, name_key, service_id) IN
        (SELECT company_id, word, name_key, id
            FROM former, unnest(tsvector_to_array(search)) AS word);
    INSERT INTO service_words SELECT company_id, word, name_key, id
        FROM current, unnest(tsvector_to_array(search)) AS word;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(INDEX_CHANGED)
    op.drop_constraint("service_history_what", "service_history")
    op.create_check_constraint(
        "service_history_what",
        "service_history",
        "what IN ('state', 'plan', 'price', 'termination_request', 'name', 'company')",
    )
