"""What operators may have done twice by mistake: typed again, or sent again."""

from datetime import timedelta
from uuid import UUID

from shared.errors import Conflict

SOON = timedelta(hours=1)
"""An equal movement of money within this time is one that may not be meant."""


def require_confirmed(earlier: UUID | None, again: UUID | None) -> None:
    """Refuse what equals the ``earlier`` one, unless that is named as ``again``.

    Raises:
        Conflict: ``done_before`` with ``id``, the earlier one's.
    """
    if earlier is not None and earlier != again:
        raise Conflict("done_before", str(earlier), {"id": str(earlier)})
