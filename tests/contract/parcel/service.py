"""The service behind the contract; knows no transport, as all services."""

import time
from collections.abc import Sequence
from hashlib import pbkdf2_hmac
from typing import cast
from uuid import UUID

from sqlalchemy import Text, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from shared.contract import Nothing
from shared.db import tables
from shared.db.database import CompanyOwned, Database, refused_while_unreachable
from shared.db.events import Envelope
from shared.errors import REFUSALS
from shared.rpc.call import Call
from shared.rpc.service import Service, handles, in_transaction, on_events
from tests.contract.parcel import contract as c

CLOCK_AHEAD_S = "PARCEL_CLOCK_AHEAD_S"
"""The variable by which its process has a clock that is wrong by some seconds."""

EVENTS_AT_ONCE = 10

POISON = "poison"
"""An event whose label is this fails in the handler, each time."""


class Base(DeclarativeBase):
    pass


class SentParcel(CompanyOwned, Base):
    __tablename__ = "sent_parcels"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    label: Mapped[str]


class ReceivedParcel(CompanyOwned, Base):
    __tablename__ = "received_parcels"

    # No unique index on the parcel: an event handled twice would show.
    id: Mapped[UUID] = mapped_column(primary_key=True)
    parcel_id: Mapped[UUID]
    label: Mapped[str]
    transaction: Mapped[str]


def make_database(url: str) -> Database:
    database = Database(url)
    with refused_while_unreachable():
        for metadata in (tables.metadata, Base.metadata):
            metadata.create_all(database.engine)
    return database


class ParcelService(Service):
    contract = c.CONTRACT

    @handles(c.ECHO)
    def echo(self, call: Call, request: c.Values) -> c.EchoedValues:
        return c.EchoedValues(
            text=request.text,
            number=request.number,
            amount=request.amount,
            money=request.money,
            moment=request.moment,
            identifier=request.identifier,
            texts=request.texts,
            request_id=call.request_id,
        )

    @handles(c.REFUSE)
    def refuse(self, _call: Call, request: c.Refuse) -> Nothing:
        refusal = REFUSALS[request.refusal]
        raise refusal(request.code, request.detail, request.parameters)

    @handles(c.WAIT)
    def wait(self, _call: Call, request: c.Wait) -> Nothing:
        time.sleep(request.seconds)
        return Nothing()

    @handles(c.COMPUTE)
    def compute(self, _call: Call, request: c.Compute) -> Nothing:
        self.runtime.offload(lambda: pbkdf2_hmac("sha256", b"", b"", request.rounds))
        return Nothing()

    @handles(c.FAIL)
    def fail(self, _call: Call, _request: c.Fail) -> Nothing:
        raise RuntimeError("the cupboard key is 4711")

    @handles(c.TWIST)
    def twist(self, _call: Call, _request: c.Twist) -> Nothing:
        return cast("Nothing", object())

    @in_transaction(c.SEND)
    def send(self, session: Session, call: Call, request: c.Send) -> c.Sent:
        parcel = SentParcel(
            id=self.runtime.new_id(),
            company_id=call.principal.require_company(),
            label=request.label,
        )
        session.add(parcel)
        sent = c.Sent(id=parcel.id, label=parcel.label)
        change = self.change(session, call)
        change.emit(c.PARCEL_SENT, sent, company_id=parcel.company_id, version=1)
        return sent

    @in_transaction(c.SEND_SLOWLY)
    def send_slowly(self, session: Session, call: Call, request: c.Send) -> c.Sent:
        time.sleep(0.5)
        return self.send(session, call, request)

    @in_transaction(c.LIST_SENT)
    def list_sent(
        self, session: Session, _call: Call, _request: c.ListSent
    ) -> c.SentList:
        return c.SentList(labels=list(session.scalars(select(SentParcel.label))))

    @in_transaction(c.LIST_RECEIVED)
    def list_received(
        self, session: Session, _call: Call, _request: c.ListSent
    ) -> c.SentList:
        return c.SentList(labels=list(session.scalars(select(ReceivedParcel.label))))

    @on_events(c.PARCEL_SENT, most_at_once=EVENTS_AT_ONCE)
    def receive(self, session: Session, events: Sequence[Envelope[c.Sent]]) -> None:
        for event in events:
            if event.body.label == POISON:
                raise RuntimeError("cannot be handled")
            received = ReceivedParcel(
                id=self.runtime.new_id(),
                company_id=event.company_id,
                parcel_id=event.body.id,
                label=event.body.label,
                transaction=func.pg_current_xact_id().cast(Text),
            )
            session.add(received)
