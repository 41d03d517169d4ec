"""Billing contacts: entered by a member, confirmed and ended by their own links."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity.companies.outside_links import OutsideLinks
from services.identity.limits import Limit, Limits
from services.identity.mailed_links import end_link, make_link
from services.identity.models.companies import Company
from services.identity.models.invitations import BillingContact
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.people import User
from services.identity.notices.notify import Outsider, Subject, mail_outsider
from services.identity.people.emails import normalise_email
from shared.contracts.identity.members import contacts as contract
from shared.contracts.identity.members.contacts import ContactState, OpenedContact
from shared.contracts.identity.members.links import OpenLink
from shared.contracts.identity.notices import NoticeKind
from shared.errors import Conflict, NotFound
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime

MAXIMUM = 10
CONFIRM_WITHIN = timedelta(days=7)
STOPS_FOR = timedelta(days=3_650)
"""How long the link in a mail ends it: as long as documents are kept."""
_DAY = timedelta(days=1)
PER_COMPANY = Limit("contact of company", "too_many_contact_mails", 10, _DAY)
PER_EMAIL = Limit("contact to email", "too_many_contact_mails", 3, _DAY)
"""Over all companies: nobody's mailbox is flooded."""

_FALLBACK_LOCALE = "en"


def list_contacts(db: Session, company_id: UUID) -> list[contract.Contact]:
    """Return a company's contacts, by email."""
    own = select(BillingContact).where(BillingContact.company_id == company_id)
    return [_view(each) for each in db.scalars(own.order_by(BillingContact.email))]


def add_contact(change: Change, limits: Limits, email: str) -> contract.Contact:
    """Enter an address, and mail it a link to confirm.

    Raises:
        InvalidInput, Conflict, Throttled: as the contract lists.
    """
    db, now = change.db, change.call.now
    company_id = change.call.principal.require_company()
    address = normalise_email(email)
    contact = _lock_by_email(change, company_id, address)
    if _state(contact) is ContactState.CONFIRMED:
        raise Conflict("contact_exists")
    limits.take(db, PER_COMPANY, str(company_id), now)
    limits.take(db, PER_EMAIL, address, now)
    if contact.confirm_link_id:
        end_link(change, contact.confirm_link_id)
    contact.added_at, contact.confirmed_at, contact.ended_at = now, None, None
    _ask_to_confirm(change, contact)
    return _view(contact)


def remove_contact(change: Change, contact_id: UUID) -> None:
    """Delete an address; mails to it that wait are not sent.

    Raises:
        NotFound: ``no_such_contact``.
    """
    contact = change.db.get(BillingContact, contact_id, with_for_update=True)
    if contact is None:
        raise NotFound("no_such_contact")
    _remove(change, contact)


def forget_all(change: Change, company_id: UUID) -> None:
    """Delete a company's contacts; mails to them that wait are not sent."""
    own = select(BillingContact).where(BillingContact.company_id == company_id)
    ordered = own.order_by(BillingContact.id).with_for_update()
    for contact in change.db.scalars(ordered).all():
        _remove(change, contact)


def _remove(change: Change, contact: BillingContact) -> None:
    for link_id in (contact.confirm_link_id, contact.stop_link_id):
        if link_id:
            end_link(change, link_id)
    change.db.delete(contact)


@dataclass(frozen=True)
class ContactLinks:
    """The links in mails to contacts."""

    outside: OutsideLinks
    runtime: Runtime

    def open(self, call: Call, request: OpenLink) -> OpenedContact:
        """Return whose documents an address would get, using nothing up.

        Raises:
            NotFound, Throttled: as the contract lists.
        """
        self._admit(call, LinkKind.CONFIRM_CONTACT, request)
        with self.outside.database.system() as db:
            return _opened(db, self._find_to_confirm(db, call, request))

    def confirm(self, call: Call, request: OpenLink) -> OpenedContact:
        """Send documents to the address from now on.

        Raises:
            NotFound, Throttled: as the contract lists.
        """
        self._admit(call, LinkKind.CONFIRM_CONTACT, request)
        with self.outside.database.system() as db:
            change = Change(db, self.runtime, call)
            contact = self._find_to_confirm(db, call, request)
            if contact.confirm_link_id:
                end_link(change, contact.confirm_link_id)
            contact.stop_link_id = _stop_link(change, contact).id
            contact.confirmed_at, contact.ended_at = call.now, None
            return _opened(db, contact)

    def open_end(self, call: Call, request: OpenLink) -> OpenedContact:
        """Return whose documents a link ends, or has ended.

        Raises:
            NotFound, Throttled: as the contract lists.
        """
        self._admit(call, LinkKind.END_CONTACT, request)
        with self.outside.database.system() as db:
            return _opened(db, self._find_to_end(db, request))

    def end(self, call: Call, request: OpenLink) -> OpenedContact:
        """Send no documents any more; mails that wait are not sent.

        Raises:
            NotFound, Throttled: as the contract lists.
        """
        self._admit(call, LinkKind.END_CONTACT, request)
        with self.outside.database.system() as db:
            contact = self._find_to_end(db, request)
            contact.ended_at = contact.ended_at or call.now
            if contact.stop_link_id:
                end_link(Change(db, self.runtime, call), contact.stop_link_id)
            return _opened(db, contact)

    def _admit(self, call: Call, kind: LinkKind, request: OpenLink) -> None:
        self.outside.admit(call, kind, request.token, request.address)

    def _find_to_confirm(
        self, db: Session, call: Call, request: OpenLink
    ) -> BillingContact:
        kind = LinkKind.CONFIRM_CONTACT
        link = self.outside.links.find(db, kind, request.token, call.now)
        return _one(db, BillingContact.confirm_link_id == link.id)

    def _find_to_end(self, db: Session, request: OpenLink) -> BillingContact:
        link = self.outside.links.recognise(db, LinkKind.END_CONTACT, request.token)
        return _one(db, BillingContact.stop_link_id == link.id)


def _one(db: Session, which: ColumnElement[bool]) -> BillingContact:
    found = select(BillingContact).where(which).with_for_update()
    contact = db.scalars(found).one_or_none()
    if contact is None:
        raise NotFound("link_used")
    return contact


def _lock_by_email(change: Change, company_id: UUID, email: str) -> BillingContact:
    """Return the company's contact with an email, a new one if there is none yet.

    Raises:
        Conflict: ``too_many_contacts`` with ``maximum``.
    """
    db = change.db
    sender = db.get(User, change.call.principal.user_id)
    company = db.get_one(Company, company_id, with_for_update=True)
    values = {
        "id": change.runtime.new_id(),
        "company_id": company_id,
        "email": email,
        "locale": sender.locale if sender else _FALLBACK_LOCALE,
        "time_zone": sender.time_zone if sender else company.time_zone,
        "added_at": change.call.now,
    }
    db.execute(insert(BillingContact).values(values).on_conflict_do_nothing())
    own = BillingContact.company_id == company_id
    count = db.scalar(select(func.count()).where(own).select_from(BillingContact))
    if count is not None and count > MAXIMUM:
        raise Conflict("too_many_contacts", parameters={"maximum": MAXIMUM})
    return db.scalars(
        select(BillingContact).where(own, BillingContact.email == email)
    ).one()


def _ask_to_confirm(change: Change, contact: BillingContact) -> None:
    sender = change.db.get(User, change.call.principal.user_id)
    link = make_link(change, LinkKind.CONFIRM_CONTACT, None, CONFIRM_WITHIN)
    change.db.flush()
    contact.confirm_link_id = link.id
    parameters = {"link_id": str(link.id), "inviter": sender.name if sender else ""}
    subject = Subject(
        NoticeKind.CONTACT_CONFIRM, str(link.id), parameters, contact.company_id
    )
    outsider = Outsider(contact.email, contact.locale, contact.time_zone)
    mail_outsider(change, outsider, subject)


def _stop_link(change: Change, contact: BillingContact) -> MailedLink:
    """Return the link that ends a contact: of all its mails the same, old ones too."""
    known = contact.stop_link_id
    if known and (link := change.db.get(MailedLink, known)):
        link.used_at = None
        return link
    link = make_link(change, LinkKind.END_CONTACT, None, STOPS_FOR)
    change.db.flush()
    return link


def _opened(db: Session, contact: BillingContact) -> OpenedContact:
    company = db.get_one(Company, contact.company_id)
    return OpenedContact(
        company_name=company.name, email=contact.email, state=_state(contact)
    )


def _state(contact: BillingContact) -> ContactState:
    if contact.ended_at:
        return ContactState.ENDED
    return ContactState.CONFIRMED if contact.confirmed_at else ContactState.WAITING


def _view(contact: BillingContact) -> contract.Contact:
    return contract.Contact(
        id=contact.id,
        email=contact.email,
        state=_state(contact),
        added_at=contact.added_at,
    )
