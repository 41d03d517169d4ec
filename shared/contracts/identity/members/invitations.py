"""Invitations: people are asked by mail to join a company.

An invitation belongs to an address. Its link is valid for 7 days and used once; sending
it again makes another link, and the earlier one opens nothing any more.
"""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.members.links import OpenLink
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class InvitationState(Enum):
    """``OPEN`` until its link is used, also once the link has expired."""

    OPEN = "open"
    ASKS = "asks"
    """A person accepted under another address: somebody has to approve it."""
    JOINED = "joined"
    DECLINED = "declined"
    REVOKED = "revoked"


INVITED_ROLES = (Role.ADMIN, Role.BILLING, Role.TECHNICAL, Role.VIEWER)
"""A company is handed over, not given away by a link."""


class InviteMember(Request, frozen=True, kw_only=True):
    email: str
    role: Role


class Invitation(Response, frozen=True, kw_only=True):
    """An invitation as members see it; ``invited_by`` is a name.

    ``asked_by`` and ``asked_from`` are the name and the email of a person who accepted
    under another address.
    """

    id: UUID
    email: str
    role: Role
    state: InvitationState
    invited_by: str
    sent_at: datetime
    expires_at: datetime
    asked_by: str = ""
    asked_from: str = ""


class ListInvitations(Request, frozen=True, kw_only=True):
    """Those that are not over; declined ones for 30 days."""


class Invitations(Response, frozen=True, kw_only=True):
    """Newest first. ``needs_phone``: no owner has verified a phone number yet."""

    invitations: list[Invitation]
    needs_phone: bool


class ChangeInvitation(Request, frozen=True, kw_only=True):
    invitation_id: UUID


class InvitedAs(Enum):
    """What a person with the link does to join."""

    NEW = "new"
    """Choose a name and a password: no account has the address."""
    USER = "user"
    """Log in."""
    USER_WITHOUT_COMPANY = "user_without_company"
    """Accept first: nobody logs in without a company."""


class OpenedInvitation(Response, frozen=True, kw_only=True):
    """``invited_by`` is a name."""

    company_id: UUID
    company_name: str
    email: str
    role: Role
    invited_by: str
    expires_at: datetime
    invited_as: InvitedAs


class AcceptedInvitation(Response, frozen=True, kw_only=True):
    """``state`` is JOINED or ASKS."""

    company_id: UUID
    company_name: str
    state: InvitationState


class JoinCompany(Request, frozen=True, kw_only=True):
    """``name`` and ``password`` are those of the account to be made, if it is."""

    token: str
    address: str
    name: str = ""
    password: str = ""
    locale: str = "en"


class JoinedCompany(Response, frozen=True, kw_only=True):
    """``email`` is the one to log in with."""

    company_id: UUID
    company_name: str
    email: str


LIST_INVITATIONS = Method(
    NAME,
    "list_invitations",
    ListInvitations,
    Invitations,
    Permission.MANAGE_MEMBERS,
)

INVITE_MEMBER = Method(
    NAME,
    "invite_member",
    InviteMember,
    Invitation,
    Permission.MANAGE_MEMBERS,
    Effect.CHANGE,
    needs_proof=True,
    recorded=("role",),
)
"""The answer is the same whether the address has an account or not.

Conflict ``phone_verification_needed``, ``already_member``, ``already_invited``;
InvalidInput ``bad_email``, ``role_not_offered``; Throttled ``too_many_invitations``
with ``retry_after_s``."""

RESEND_INVITATION = Method(
    NAME,
    "resend_invitation",
    ChangeInvitation,
    Invitation,
    Permission.MANAGE_MEMBERS,
    Effect.CHANGE,
    needs_proof=True,
    recorded=("invitation_id",),
)
"""With another link, by the caller; also after it has expired.

NotFound ``no_such_invitation``; otherwise as `INVITE_MEMBER`."""

REVOKE_INVITATION = Method(
    NAME,
    "revoke_invitation",
    ChangeInvitation,
    Nothing,
    Permission.MANAGE_MEMBERS,
    Effect.CHANGE,
    recorded=("invitation_id",),
)
"""Also refuses a person who accepted under another address, and removes a declined one
from the list. NotFound ``no_such_invitation``."""

APPROVE_INVITATION = Method(
    NAME,
    "approve_invitation",
    ChangeInvitation,
    Nothing,
    Permission.MANAGE_MEMBERS,
    Effect.CHANGE,
    needs_proof=True,
    recorded=("invitation_id",),
)
"""Makes a person who accepted under another address a member.

NotFound ``no_such_invitation``; Conflict ``nobody_asks``, ``already_member``."""

OPEN_INVITATION = Method(
    NAME,
    "open_invitation",
    OpenLink,
    OpenedInvitation,
    Permission.PUBLIC,
    carries_secret=True,
)
"""Uses nothing up.

NotFound ``link_unknown``, ``link_used`` (also if it was withdrawn, or if the person who
sent it or the company can't invite any more), ``link_expired``; Throttled
``too_many_links`` with ``retry_after_s``, for an address from which many wrong links
came."""

ACCEPT_INVITATION = Method(
    NAME,
    "accept_invitation",
    OpenLink,
    AcceptedInvitation,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
)
"""By a person with an account; repeated, it answers the same.

Conflict ``already_member``; otherwise as `OPEN_INVITATION`."""

JOIN_COMPANY = Method(
    NAME,
    "join_company",
    JoinCompany,
    JoinedCompany,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Makes the account of the address that was invited, and it a member.

A person who has an account with a company logs in and accepts instead: Conflict
``account_exists``. InvalidInput ``bad_name``, ``bad_locale`` and the codes of
`passwords.REFUSALS`; Throttled ``too_many_passwords``; otherwise as
`OPEN_INVITATION`."""

DECLINE_INVITATION = Method(
    NAME,
    "decline_invitation",
    OpenLink,
    Nothing,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Tells the person who sent it. As `OPEN_INVITATION`."""

METHODS = (
    LIST_INVITATIONS,
    INVITE_MEMBER,
    RESEND_INVITATION,
    REVOKE_INVITATION,
    APPROVE_INVITATION,
    OPEN_INVITATION,
    ACCEPT_INVITATION,
    JOIN_COMPANY,
    DECLINE_INVITATION,
)
