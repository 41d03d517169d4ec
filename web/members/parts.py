"""The parts of the members' page beside the members: invitations, billing contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from shared.contract import Method, RequestT, ResponseT
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


class Parts:
    """The calls for both parts, as far as the reader's role includes them."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._asked: set[str] = set()
        if page.may(Permission.MANAGE_MEMBERS):
            self._ask("invited", LIST_INVITATIONS, ListInvitations())
        if page.may(Permission.READ_BILLING):
            self._ask("contacted", LIST_CONTACTS, ListContacts())

    def wait(self) -> Mapping[str, Any]:
        """Wait for the answers; return what the parts' templates need.

        A part is None if the reader's role doesn't include it, or without an answer.
        """
        invited: Invitations | None = self._answer("invited")
        contacted: Contacts | None = self._answer("contacted")
        now = context().clock.now()
        return {
            "invitations": InvitationsView.of(invited, now) if invited else None,
            "contacts": _contacts(contacted) if contacted else None,
            "manages_members": self._page.may(Permission.MANAGE_MEMBERS),
            "manages_contacts": self._page.may(Permission.MANAGE_BILLING),
        }

    def _ask(
        self, name: str, method: Method[RequestT, ResponseT], arguments: RequestT
    ) -> None:
        self._page.ask(name, method, arguments, optional=True)
        self._asked.add(name)

    def _answer(self, name: str) -> Any:
        return self._page.answer(name) if name in self._asked else None


def _contacts(answer: Contacts) -> Sequence[ContactView]:
    return [ContactView(each, _form(each.id)) for each in answer.contacts]


def _form(row: UUID) -> ChangeForm:
    return ChangeForm(formdata=None, of=row.hex)
