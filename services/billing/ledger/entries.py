"""The ledger: entries of debits and credits that sum to zero, never changed.

`post` is the only way in. The rules behind it are the database's own, see
docs/decisions/ledger.md. A wallet's account is what the provider owes the customer:
credits raise its balance, debits lower it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.billing.models.ledger import (
    Account,
    AccountKind,
    EntryKind,
    JournalEntry,
    Posting,
)
from shared.contracts.actors import actor_of
from shared.contracts.notes import Note
from shared.money import Money
from shared.rpc.change import Change


@dataclass(frozen=True)
class Reason:
    """Why money moves: what kind of entry, for whom, and a note for the customer.

    ``cause`` is the operation, or the thing it was about.
    """

    company_id: UUID
    kind: EntryKind
    note: Note
    cause: str


@dataclass(frozen=True)
class Line:
    account_id: UUID
    currency: str
    debit: Decimal | None = None
    credit: Decimal | None = None


def debit(account_id: UUID, money: Money) -> Line:
    return Line(account_id, money.currency.code, debit=money.amount)


def credit(account_id: UUID, money: Money) -> Line:
    return Line(account_id, money.currency.code, credit=money.amount)


def post(change: Change, entry_id: UUID, reason: Reason, lines: Sequence[Line]) -> None:
    """Write one entry with all of its postings.

    Lines hold positive amounts of at most six decimal places. Who posts to a wallet
    has locked it first, if more is decided on its balance.

    Raises:
        IntegrityError: a bug; the lines don't sum to zero, say.
    """
    call = change.call
    change.db.execute(
        insert(JournalEntry).values(
            id=entry_id,
            at=call.now,
            kind=reason.kind,
            memo=reason.note.as_written,
            **reason.note.columns,
            who=call.principal.name,
            **actor_of(call.principal).columns,
            cause=reason.cause,
            company_id=reason.company_id,
            request_id=call.request_id,
        )
    )
    # One statement: the database wants each to sum to zero.
    rows = [
        {
            "entry_id": entry_id,
            "line": number,
            "account_id": line.account_id,
            "currency": line.currency,
            "debit": line.debit,
            "credit": line.credit,
        }
        for number, line in enumerate(lines, start=1)
    ]
    change.db.execute(insert(Posting).values(rows))


def ensure_account(change: Change, kind: AccountKind, currency: str) -> UUID:
    """The provider's account of a kind and currency, made on first use."""
    wanted = select(Account.id).where(
        Account.kind == kind, Account.currency == currency
    )
    account_id = change.db.scalar(wanted)
    if account_id is None:
        change.db.execute(
            insert(Account)
            .values(id=change.runtime.new_id(), kind=kind, currency=currency)
            .on_conflict_do_nothing()
        )
        account_id = change.db.scalars(wanted).one()
    return account_id
