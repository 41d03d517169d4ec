"""Login links: how an account's owner gets in from a new device during an attack.

While others guess passwords of an account, the throttle keeps every unknown device out.
A link that is mailed to the owner counts apart, as a known device does. It replaces
neither the password nor the second factor: a mailbox alone opens nothing (OWASP ASVS
5.0, 6.3.6).
"""

from datetime import timedelta

from sqlalchemy import delete, insert, select

from services.identity.limits import Limit, Limits
from services.identity.mailed_links import has_new_link, make_link
from services.identity.models.mailed_links import LinkKind
from services.identity.models.people import User
from services.identity.models.signing_in import LoginLinkRequest
from services.identity.notices.notify import Subject, notify
from services.identity.people.emails import normalise_or_empty
from services.identity.sessions.addresses import normalise_address, shorten, site_of
from services.identity.sessions.user_agents import read_user_agent
from shared.contracts import identity
from shared.contracts.identity.notices import NoticeKind
from shared.rpc.change import Change

LIFETIME = timedelta(minutes=10)
"""OWASP ASVS 5.0, 6.5.5."""
PER_ADDRESS = Limit(
    "login link from address", "too_many_logins", 10, timedelta(minutes=15)
)


def ask_for_link(
    change: Change, limits: Limits, request: identity.login_links.AskForLoginLink
) -> None:
    """Note that somebody asks for a link, with the same statements for every email.

    Raises:
        Throttled: ``too_many_logins`` with ``retry_after_s``.
    """
    db, now = change.db, change.call.now
    address = normalise_address(request.address)
    limits.take(db, PER_ADDRESS, site_of(address), now)
    email = normalise_or_empty(request.email)
    values = {
        "id": change.runtime.new_id(),
        "user_id": select(User.id).where(User.email == email).scalar_subquery(),
        "device": read_user_agent(request.user_agent).words,
        "network": shorten(address),
        "asked_at": now,
    }
    db.execute(insert(LoginLinkRequest).values(values))


def send_asked_links(change: Change) -> None:
    """Make and mail the links that were asked for, where there is such an account."""
    asked = delete(LoginLinkRequest).returning(LoginLinkRequest)
    for request in change.db.scalars(asked).all():
        user = change.db.get(User, request.user_id) if request.user_id else None
        if user and not has_new_link(change, user.id, LinkKind.LOG_IN):
            _send(change, user, request)


def _send(change: Change, user: User, request: LoginLinkRequest) -> None:
    link = make_link(change, LinkKind.LOG_IN, user.id, LIFETIME)
    parameters = {
        "link_id": str(link.id),
        "device": request.device,
        "network": request.network,
    }
    notify(change, user, Subject(NoticeKind.LOGIN_LINK, str(link.id), parameters))
