"""The parts of the members' page beside the members: invitations, billing contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from shared.contracts.identity.members.contacts import (
    LIST_CONTACTS,
    Contact,
    Contacts,
    ContactState,
    ListContacts,
)
from shared.contracts.identity.members.invitations import (
    LIST_INVITATIONS,
    Invitation,
    Invitations,
    InvitationState,
    ListInvitations,
)
from shared.permissions import Permission
from web.page.context import context
from web.page.forms import ChangeForm
from web.page.page import Page


@dataclass(frozen=True)
class InvitationView:
    """An invitation with the form of its buttons; ``days_left`` of an open one."""

    it: Invitation
    form: ChangeForm
    days_left: int

    @property
    def is_open(self) -> bool:
        return self.it.state is InvitationState.OPEN

    @property
    def asks(self) -> bool:
        return self.it.state is InvitationState.ASKS


@dataclass(frozen=True)
class InvitationsView:
    rows: Sequence[InvitationView]
    needs_phone: bool

    @property
    def open_count(self) -> int:
        return sum(row.is_open for row in self.rows)

    @classmethod
    def of(cls, answer: Invitations, now: datetime) -> Self:
        return cls(
            rows=[
                InvitationView(each, _form(each.id), (each.expires_at - now).days)
                for each in answer.invitations
            ],
            needs_phone=answer.needs_phone,
        )


@dataclass(frozen=True)
class ContactView:
    """A billing contact with the form of its button."""

    it: Contact
    form: ChangeForm

    @property
    def is_confirmed(self) -> bool:
        return self.it.state is ContactState.CONFIRMED


def ask_for_parts(page: Page) -> None:
    """Start the calls that the reader's role includes."""
    if page.may(Permission.MANAGE_MEMBERS):
        page.ask("invited", LIST_INVITATIONS, ListInvitations(), optional=True)
    if page.may(Permission.READ_BILLING):
        page.ask("contacted", LIST_CONTACTS, ListContacts(), optional=True)


def parts_of(page: Page) -> Mapping[str, Any]:
    """Wait for the answers; return what the parts' templates need.

    A part is None if the reader's role doesn't include it, or without an answer.
    """
    manages = page.may(Permission.MANAGE_MEMBERS)
    reads = page.may(Permission.READ_BILLING)
    invited: Invitations | None = page.answer("invited") if manages else None
    contacted: Contacts | None = page.answer("contacted") if reads else None
    now = context().clock.now()
    return {
        "invitations": InvitationsView.of(invited, now) if invited else None,
        "contacts": _contacts(contacted) if contacted else None,
        "manages_members": manages,
        "manages_contacts": page.may(Permission.MANAGE_BILLING),
    }


def _contacts(answer: Contacts) -> Sequence[ContactView]:
    return [ContactView(each, _form(each.id)) for each in answer.contacts]


def _form(row: UUID) -> ChangeForm:
    return ChangeForm(formdata=None, of=row.hex)
