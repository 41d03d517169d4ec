"""Each word of a service in the order of the list, instead of one index of all words.

A word that tens of thousands of services share is met at its first service at once,
wherever in the list that stands. The words are the company's in a column of their own,
so what a service keeps of its words needs no company in it any more.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# As in the first migration, where it is said why.
SEPARATORS = "".join(
    map(
        chr,
        (
            *(*range(0x01, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61)),
            *(*range(0x7B, 0xA2), 0xAB, 0xB7, 0xBB, 0xBF),
            *(*range(0x2000, 0x2070), *range(0x3000, 0x3003)),
        ),
    )
)
LITERAL = SEPARATORS.replace("'", "''")
SEARCH = f"""array_to_tsvector(array_remove(string_to_array(
    lower(translate(name || ' ' || reference || ' ' || plan_name,
        '{LITERAL}', repeat(' ', {len(SEPARATORS)}))), ' '), ''))"""

WORDS_OF = """SELECT company_id, word, name_key, id
    FROM {rows}, unnest(tsvector_to_array(search)) AS word"""

# A statement's rows together: an import writes many thousands of them.
INDEX_WORDS = f"""
CREATE FUNCTION index_words_of_new_services() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO service_words {WORDS_OF.format(rows="current")};
    RETURN NULL;
END $$;
CREATE FUNCTION index_words_of_changed_services() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM former JOIN current USING (id)
        WHERE former.search <> current.search OR former.name_key <> current.name_key
    ) THEN
        RETURN NULL;
    END IF;
    DELETE FROM service_words WHERE (company_id, word, name_key, service_id) IN
        ({WORDS_OF.format(rows="former")});
    INSERT INTO service_words {WORDS_OF.format(rows="current")};
    RETURN NULL;
END $$;
CREATE TRIGGER words_of_new_services AFTER INSERT ON services
    REFERENCING NEW TABLE AS current
    FOR EACH STATEMENT EXECUTE FUNCTION index_words_of_new_services();
CREATE TRIGGER words_of_changed_services AFTER UPDATE ON services
    REFERENCING OLD TABLE AS former NEW TABLE AS current
    FOR EACH STATEMENT EXECUTE FUNCTION index_words_of_changed_services();
"""


def upgrade() -> None:
    op.drop_column("services", "search")
    op.add_column(
        "services", sa.Column("search", TSVECTOR, sa.Computed(SEARCH, persisted=True))
    )
    op.create_table(
        "service_words",
        sa.Column("company_id", sa.Uuid, primary_key=True),
        sa.Column("word", sa.Text(collation="C"), primary_key=True),
        sa.Column("name_key", sa.Text, primary_key=True),
        sa.Column("service_id", sa.Uuid, primary_key=True),
    )
    op.execute(f"INSERT INTO service_words {WORDS_OF.format(rows='services')}")
    op.execute(INDEX_WORDS)
