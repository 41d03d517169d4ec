"""Billing contacts: addresses that get a company's documents, without being users.

Nothing is sent until the address has confirmed it, and each mail has a link that ends
it.
"""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.members.links import OpenLink
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class ContactState(Enum):
    WAITING = "waiting"
    """Not confirmed yet."""
    CONFIRMED = "confirmed"
    ENDED = "ended"
    """By the link in a mail."""


class AddContact(Request, frozen=True, kw_only=True):
    email: str


class Contact(Response, frozen=True, kw_only=True):
    id: UUID
    email: str
    state: ContactState
    added_at: datetime


class ListContacts(Request, frozen=True, kw_only=True):
    pass


class Contacts(Response, frozen=True, kw_only=True):
    """By email."""

    contacts: list[Contact]


class RemoveContact(Request, frozen=True, kw_only=True):
    contact_id: UUID


class OpenedContact(Response, frozen=True, kw_only=True):
    """Whose documents an address gets, or would get once it has confirmed."""

    company_name: str
    email: str
    state: ContactState


LIST_CONTACTS = Method(
    NAME, "list_contacts", ListContacts, Contacts, Permission.READ_BILLING
)

ADD_CONTACT = Method(
    NAME,
    "add_contact",
    AddContact,
    Contact,
    Permission.MANAGE_BILLING,
    Effect.CHANGE,
    needs_proof=True,
    recorded=("id",),
)
"""Mails a link to the address. One that has not confirmed, or has ended it, is mailed
another one.

InvalidInput ``bad_email``; Conflict ``contact_exists``, ``too_many_contacts`` with
``maximum``; Throttled ``too_many_contact_mails`` with ``retry_after_s``."""

REMOVE_CONTACT = Method(
    NAME,
    "remove_contact",
    RemoveContact,
    Nothing,
    Permission.MANAGE_BILLING,
    Effect.CHANGE,
    recorded=("contact_id",),
)
"""NotFound ``no_such_contact``."""

OPEN_CONTACT = Method(
    NAME,
    "open_contact",
    OpenLink,
    OpenedContact,
    Permission.PUBLIC,
    carries_secret=True,
)
"""What the link to confirm is about; uses nothing up.

NotFound ``link_unknown``, ``link_used``, ``link_expired``; Throttled
``too_many_links`` with ``retry_after_s``."""

CONFIRM_CONTACT = Method(
    NAME,
    "confirm_contact",
    OpenLink,
    OpenedContact,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""As `OPEN_CONTACT`."""

OPEN_CONTACT_END = Method(
    NAME,
    "open_contact_end",
    OpenLink,
    OpenedContact,
    Permission.PUBLIC,
    carries_secret=True,
)
"""What the link to end it is about. NotFound ``link_unknown``; Throttled as
`OPEN_CONTACT`."""

END_CONTACT = Method(
    NAME,
    "end_contact",
    OpenLink,
    OpenedContact,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Repeated, it answers the same. As `OPEN_CONTACT_END`."""

METHODS = (
    LIST_CONTACTS,
    ADD_CONTACT,
    REMOVE_CONTACT,
    OPEN_CONTACT,
    CONFIRM_CONTACT,
    OPEN_CONTACT_END,
    END_CONTACT,
)
