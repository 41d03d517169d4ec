"""Requests to sign up: noted at once, and answered by mail a moment later.

A request is noted with the same statements whether somebody has the email or not, and
a job answers it: with a link, or to the owner of an account that they have one. So
neither the answer nor its time tells who has an account.
"""

from datetime import timedelta

import structlog
from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from services.identity.limits import Limit, Limits
from services.identity.mailed_links import NOT_BEFORE, make_link
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.notices import Notice
from services.identity.models.people import User
from services.identity.models.signing_up import SignUpRequest
from services.identity.notices.notify import (
    Outsider,
    Subject,
    mail_outsider,
    notify,
)
from services.identity.people import users
from services.identity.people.emails import normalise_email
from services.identity.places import check_locale
from services.identity.sessions.addresses import normalise_address, site_of
from shared.contracts.identity.accounts.signing_up import AskToSignUp
from shared.contracts.identity.notices import NoticeKind
from shared.errors import InvalidInput
from shared.rpc.change import Change

log = structlog.get_logger()

LINK_LIFETIME = timedelta(hours=24)
"""The link opens no account that exists, so it may wait for a person to read mail."""
PER_ADDRESS = Limit("sign-up from address", "too_many_sign_ups", 10, timedelta(hours=1))

_FALLBACK = "en"
_BATCH = 100


def ask_to_sign_up(change: Change, limits: Limits, request: AskToSignUp) -> None:
    """Note that somebody wants to sign up.

    Raises:
        InvalidInput: ``bad_email``.
        Throttled: ``too_many_sign_ups`` with ``retry_after_s``.
    """
    db, now = change.db, change.call.now
    email = normalise_email(request.email)
    limits.take(db, PER_ADDRESS, site_of(normalise_address(request.address)), now)
    values = {
        "id": change.runtime.new_id(),
        "email": email,
        "locale": _readable_locale(request.locale),
        "asked_at": now,
    }
    db.execute(insert(SignUpRequest).values(values))


def answer_requests(change: Change) -> int:
    """Answer waiting requests by mail; return how many, to be called until none."""
    waiting = _take_waiting(change.db)
    for request in waiting:
        user = users.find_user_by_email(change.db, request.email)
        if user is None:
            _send_link(change, request)
        else:
            _tell_owner(change, user, request)
    return len(waiting)


def _take_waiting(db: Session) -> list[SignUpRequest]:
    """Remove waiting requests that no other instance answers."""
    some = (
        select(SignUpRequest.id)
        .order_by(SignUpRequest.asked_at)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    taken = delete(SignUpRequest).where(SignUpRequest.id.in_(some))
    return list(db.scalars(taken.returning(SignUpRequest)))


def _send_link(change: Change, request: SignUpRequest) -> None:
    """Mail a link, unless there is one from just now."""
    new = select(MailedLink.id).where(
        MailedLink.kind == LinkKind.SIGN_UP,
        MailedLink.parameters["email"].astext == request.email,
        MailedLink.created_at > change.call.now - NOT_BEFORE,
    )
    if change.db.scalar(select(exists(new))):
        return
    about = {"email": request.email}
    link = make_link(change, LinkKind.SIGN_UP, None, LINK_LIFETIME, about)
    subject = Subject(NoticeKind.SIGN_UP_LINK, str(link.id), {"link_id": str(link.id)})
    change.db.flush()
    mail_outsider(change, Outsider(request.email, request.locale, "UTC"), subject)
    log.info("sign_up_asked", link=str(link.id))


def _tell_owner(change: Change, user: User, request: SignUpRequest) -> None:
    """Tell an account's owner that they have one, at most every few minutes."""
    told = select(Notice.id).where(
        Notice.user_id == user.id,
        Notice.kind == NoticeKind.ACCOUNT_EXISTS,
        Notice.created_at > change.call.now - NOT_BEFORE,
    )
    if not change.db.scalar(select(exists(told))):
        notify(change, user, Subject(NoticeKind.ACCOUNT_EXISTS, str(request.id)))


def _readable_locale(tag: str) -> str:
    try:
        return check_locale(tag)
    except InvalidInput:
        return _FALLBACK
