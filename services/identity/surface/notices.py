"""Notices of people, and "This wasn't me" of their mails."""

from sqlalchemy.orm import Session

from services.identity import not_me
from services.identity.notices import failed, from_events, listing
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts import billing, identity, inventory
from shared.contracts.identity.notices import NoticeKind
from shared.db.events import Envelope
from shared.principal import NOBODY_ID
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction, on_event


class NoticeMethods(RoomMethods, is_part=True):
    @handles(identity.notices.LIST_NOTICES)
    def list_notices(
        self, call: Call, request: identity.notices.ListNotices
    ) -> identity.notices.NoticePage:
        # They are of all companies of a person, so they are read for the system, but
        # by the principal's own user id alone.
        with self.database.system() as db:
            return listing.list_notices(db, call.principal.user_id, request)

    @in_transaction(identity.notices.MARK_NOTICES_READ)
    def mark_notices_read(
        self, db: Session, call: Call, request: identity.notices.MarkNoticesRead
    ) -> Nothing:
        change, user_id = self.change(db, call), call.principal.user_id
        listing.mark_read(change, user_id, request)
        listing.emit_notices_changed(
            change, user_id, call.principal.company_id or NOBODY_ID
        )
        return Nothing()

    @handles(identity.notices.FIND_NOT_ME)
    def find_not_me(
        self, call: Call, request: identity.notices.FindNotMe
    ) -> identity.notices.NotMe:
        with self.database.system() as db:
            return not_me.find(db, self._links, request.token, call.now)

    @handles(identity.notices.USE_NOT_ME)
    def use_not_me(
        self, call: Call, request: identity.notices.FindNotMe
    ) -> identity.notices.NotMe:
        with self.database.system() as db:
            return not_me.use(self.change(db, call), self._links, request.token)

    @in_transaction(identity.notices.LIST_FAILED_NOTICES)
    def list_failed_notices(
        self, db: Session, _call: Call, request: identity.notices.ListFailedNotices
    ) -> identity.notices.FailedNotices:
        return failed.list_failed(db, request)

    @on_event(billing.announcements.DOCUMENT_STORED)
    def notify_of_document(
        self, db: Session, envelope: Envelope[billing.announcements.StoredDocument]
    ) -> None:
        from_events.document_stored(
            self.change_by(db, envelope, envelope.source), envelope
        )

    @on_event(billing.announcements.PAYMENT_FAILED)
    def notify_of_failed_payment(
        self, db: Session, envelope: Envelope[billing.announcements.FailedPayment]
    ) -> None:
        from_events.payment_failed(
            self.change_by(db, envelope, envelope.source), envelope
        )

    @on_event(billing.announcements.REFUND_DECIDED)
    def notify_of_refund(
        self, db: Session, envelope: Envelope[billing.refund_requests.RefundRequest]
    ) -> None:
        from_events.refund_decided(
            self.change_by(db, envelope, envelope.source), envelope
        )

    @on_event(billing.handovers.HANDOVER_CHANGED)
    def notify_of_handover(
        self, db: Session, envelope: Envelope[billing.handovers.Handover]
    ) -> None:
        from_events.handover_changed(
            self.change_by(db, envelope, envelope.source), envelope
        )

    @on_event(inventory.services.SERVICES_SUSPENDED)
    def notify_of_suspended(
        self, db: Session, envelope: Envelope[inventory.services.ServicesNews]
    ) -> None:
        change = self.change_by(db, envelope, envelope.source)
        from_events.services_changed(change, envelope, NoticeKind.SERVICES_SUSPENDED)

    @on_event(inventory.services.SERVICES_RESUMED)
    def notify_of_resumed(
        self, db: Session, envelope: Envelope[inventory.services.ServicesNews]
    ) -> None:
        change = self.change_by(db, envelope, envelope.source)
        from_events.services_changed(change, envelope, NoticeKind.SERVICES_RESUMED)
