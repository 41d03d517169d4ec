"""Billing contacts: what members do with them, and what the contacts do."""

from sqlalchemy.orm import Session

from services.identity.companies import contacts
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts.identity.members.contacts import (
    ADD_CONTACT,
    CONFIRM_CONTACT,
    END_CONTACT,
    LIST_CONTACTS,
    OPEN_CONTACT,
    OPEN_CONTACT_END,
    REMOVE_CONTACT,
    AddContact,
    Contact,
    Contacts,
    ListContacts,
    OpenedContact,
    RemoveContact,
)
from shared.contracts.identity.members.links import OpenLink
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class ContactMethods(RoomMethods, is_part=True):
    @in_transaction(LIST_CONTACTS)
    def list_contacts(
        self, db: Session, call: Call, _request: ListContacts
    ) -> Contacts:
        company_id = call.principal.require_company()
        return Contacts(contacts=contacts.list_contacts(db, company_id))

    @in_transaction(ADD_CONTACT)
    def add_contact(self, db: Session, call: Call, request: AddContact) -> Contact:
        change = self.change(db, call)
        return contacts.add_contact(change, self._limits, request.email)

    @in_transaction(REMOVE_CONTACT)
    def remove_contact(
        self, db: Session, call: Call, request: RemoveContact
    ) -> Nothing:
        contacts.remove_contact(self.change(db, call), request.contact_id)
        return Nothing()

    @handles(OPEN_CONTACT)
    def open_contact(self, call: Call, request: OpenLink) -> OpenedContact:
        return self._contact_links.open(call, request)

    @handles(CONFIRM_CONTACT)
    def confirm_contact(self, call: Call, request: OpenLink) -> OpenedContact:
        return self._contact_links.confirm(call, request)

    @handles(OPEN_CONTACT_END)
    def open_contact_end(self, call: Call, request: OpenLink) -> OpenedContact:
        return self._contact_links.open_end(call, request)

    @handles(END_CONTACT)
    def end_contact(self, call: Call, request: OpenLink) -> OpenedContact:
        return self._contact_links.end(call, request)
