"""What other services announce, told to the members whom it concerns."""

import base64
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity.models.companies import Membership
from services.identity.models.invitations import BillingContact
from services.identity.models.notices import NoticeFile
from services.identity.models.people import User
from services.identity.notices.notify import (
    STOP_LINK,
    Outsider,
    Subject,
    mail_outsider,
    notify,
)
from shared.contracts.billing.announcements import FailedPayment, StoredDocument
from shared.contracts.billing.handovers import Handover, HandoverState
from shared.contracts.billing.refund_requests import RefundRequest
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.inventory.services import ServicesNews
from shared.db.events import Envelope
from shared.money import Money
from shared.rpc.change import Change

FOR_MONEY = (Role.OWNER, Role.ADMIN, Role.BILLING)
_TOLD_TO_GIVER = frozenset(
    {HandoverState.DONE, HandoverState.DECLINED, HandoverState.FAILED}
)
FOR_SERVICES = (*FOR_MONEY, Role.TECHNICAL)


def document_stored(change: Change, envelope: Envelope[StoredDocument]) -> None:
    document = envelope.body
    parameters = {
        "document_id": str(document.id),
        "kind": document.kind.value,
        "number": document.number,
        "issued_on": document.issued_on.isoformat(),
        **_money(document.gross),
    }
    if document.due_on:
        parameters["due_on"] = document.due_on.isoformat()
    members = _members(change.db, envelope.company_id, FOR_MONEY)
    contacts = _contacts(change.db, envelope.company_id)
    is_sent = members or contacts
    file_id = _keep_file(change, document) if document.pdf and is_sent else None
    subject = Subject(
        NoticeKind.DOCUMENT_ISSUED,
        str(document.id),
        parameters,
        envelope.company_id,
        file_id,
    )
    _notify_all(change, members, subject)
    for contact in contacts:
        _mail_contact(change, contact, subject)


def payment_failed(change: Change, envelope: Envelope[FailedPayment]) -> None:
    payment = envelope.body
    parameters = {
        "top_up_id": str(payment.top_up_id),
        "reference": payment.reference,
        **_money(payment.amount),
    }
    subject = Subject(
        NoticeKind.PAYMENT_FAILED, str(payment.id), parameters, envelope.company_id
    )
    _notify_all(change, _members(change.db, envelope.company_id, FOR_MONEY), subject)


def refund_decided(change: Change, envelope: Envelope[RefundRequest]) -> None:
    request = envelope.body
    parameters = {
        "top_up_id": str(request.top_up_id),
        "reference": request.reference,
        "state": request.state.value,
        "answer": request.answer,
        **_money(request.amount),
    }
    # One that is open again may be decided again.
    cause = f"{request.payment_id} {request.decided_at}"
    subject = Subject(NoticeKind.REFUND_DECIDED, cause, parameters, envelope.company_id)
    _notify_all(change, _members(change.db, envelope.company_id, FOR_MONEY), subject)


def services_changed(
    change: Change, envelope: Envelope[ServicesNews], kind: NoticeKind
) -> None:
    """Tell that services were suspended or resumed."""
    news = envelope.body
    parameters = {
        "count": str(news.count),
        "names": "\n".join(each.name for each in news.services),
    }
    if news.reason:
        parameters["reason"] = news.reason.value
    if news.count == 1:
        parameters["service_id"] = str(news.services[0].id)
    subject = Subject(kind, str(envelope.id), parameters, envelope.company_id)
    _notify_all(change, _members(change.db, envelope.company_id, FOR_SERVICES), subject)


def handover_changed(change: Change, envelope: Envelope[Handover]) -> None:
    """Tell the receiver's owners of an offer, and both companies' owners of its end."""
    it = envelope.body
    if it.state is HandoverState.OFFERED:
        expires_at = {"expires_at": it.expires_at.isoformat()}
        kind = NoticeKind.SERVICE_OFFERED
        _tell_of_handover(change, it, kind, it.receiver_id, expires_at)
    elif it.state in _TOLD_TO_GIVER:
        _tell_of_end(change, it, it.giver_id)
    if it.state is HandoverState.DONE:
        _tell_of_end(change, it, it.receiver_id)


def _tell_of_end(change: Change, it: Handover, company_id: UUID) -> None:
    is_giver = company_id == it.giver_id
    more = {"state": it.state.value, "side": "giver" if is_giver else "receiver"}
    if is_giver is (it.state is not HandoverState.DONE):
        more["service_id"] = str(it.service_id)
    _tell_of_handover(change, it, NoticeKind.HANDOVER_ENDED, company_id, more)


def _tell_of_handover(
    change: Change,
    it: Handover,
    kind: NoticeKind,
    company_id: UUID,
    more: dict[str, str],
) -> None:
    parameters = {
        "handover_id": str(it.id),
        "service": it.service_name,
        "other": it.receiver_name if company_id == it.giver_id else it.giver_name,
        **more,
    }
    # Somebody may own both companies.
    cause = f"{it.id} {company_id}"
    owners = _members(change.db, company_id, (Role.OWNER,))
    _notify_all(change, owners, Subject(kind, cause, parameters, company_id))


def _members(db: Session, company_id: UUID, roles: Collection[Role]) -> Sequence[User]:
    return db.scalars(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.company_id == company_id, Membership.role.in_(roles))
        .order_by(User.id)
    ).all()


def _contacts(db: Session, company_id: UUID) -> Sequence[BillingContact]:
    return db.scalars(
        select(BillingContact)
        .where(
            BillingContact.company_id == company_id,
            BillingContact.confirmed_at.is_not(None),
            BillingContact.ended_at.is_(None),
        )
        .order_by(BillingContact.id)
    ).all()


def _mail_contact(change: Change, contact: BillingContact, subject: Subject) -> None:
    stop = {STOP_LINK: str(contact.stop_link_id)}
    own = replace(subject, parameters={**subject.parameters, **stop})
    outsider = Outsider(contact.email, contact.locale, contact.time_zone)
    mail_outsider(change, outsider, own)


def _notify_all(change: Change, users: Sequence[User], subject: Subject) -> None:
    for user in users:
        notify(change, user, subject)


def _keep_file(change: Change, document: StoredDocument) -> UUID:
    file = NoticeFile(
        id=change.runtime.new_id(),
        name=document.file_name,
        content=base64.b64decode(document.pdf),
        created_at=change.call.now,
    )
    change.db.add(file)
    change.db.flush()
    return file.id


def _money(money: Money) -> dict[str, str]:
    return {"amount": f"{money.amount:f}", "currency": money.currency.code}
