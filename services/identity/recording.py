"""Record what people do to their own accounts, also before they have signed in."""

from dataclasses import replace
from uuid import UUID

from services.identity.models.people import User
from shared.principal import NOBODY_ID, Kind, person
from shared.rpc.activity import record_activity
from shared.rpc.change import Change


def record_of(change: Change, user: User, session_id: UUID = NOBODY_ID) -> None:
    """Record the change's call as the user's, for a method that records itself.

    Before they have signed in, the call is nobody's; ``session_id`` is that of the
    session that it is about, if any.
    """
    call = change.call
    if call.principal.kind is not Kind.USER:
        call = replace(call, principal=person(user.id, user.name, session_id))
    record_activity(replace(change, call=call))
