"""Check what a database server writes to its own log, such as personal data.

The text of a statement has the values in it, and the details of an error quote the row.
Only a superuser may set what is logged: for a role, as set-up does, or for all.
"""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

QUIET: Mapping[str, str] = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
}
"""A failed statement is logged by the service that sent it, without what it said."""


def settings_that_log_data(session: Session) -> list[str]:
    """Return which of this role's settings let the server log rows and statements."""
    wanted = text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)")
    rows = session.execute(wanted, {"names": list(QUIET)})
    found = {row.name: row.setting for row in rows}
    if found["log_min_messages"] in {"fatal", "panic"}:
        del found["log_min_messages"]
    return sorted(name for name, value in found.items() if value != QUIET[name])
