"""Delete what is too old in the trail of what people did.

Nobody else deletes from it: a trigger refuses, and the service's own role has no right
to. The owner of the table switches the trigger off within the transaction.
"""

from contextlib import closing
from datetime import datetime, timedelta

import psycopg2

from launcher.servers.databases import libpq_url

KEPT_FOR = timedelta(days=365)
"""Long enough to find out about a break-in, and no longer: it says who did what."""

_IS_ANY = "SELECT EXISTS (SELECT FROM activity WHERE at < %s)"
_DELETE = "DELETE FROM activity WHERE at < %s"


def forget_old_activity(owner_url: str, now: datetime) -> int:
    """Delete acts of more than a year ago; return how many.

    ``owner_url`` is that of identity's database for the owner of its tables.
    """
    before = (now - KEPT_FOR,)
    with (
        closing(psycopg2.connect(libpq_url(owner_url))) as connection,
        connection,
        connection.cursor() as cur,
    ):
        cur.execute(_IS_ANY, before)
        if cur.fetchone() == (False,):
            return 0
        cur.execute("ALTER TABLE activity DISABLE TRIGGER activity_stays")
        cur.execute(_DELETE, before)
        deleted = cur.rowcount
        cur.execute("ALTER TABLE activity ENABLE TRIGGER activity_stays")
        return deleted
