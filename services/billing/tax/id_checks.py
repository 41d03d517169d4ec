"""Asking the register about VAT IDs: a job, outside of any transaction.

A question is taken under a short lease, so that several instances don't ask the same;
an answer that comes after the VAT ID or the profile has changed is dropped.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from services.billing.models.parties import Company
from services.billing.models.tax import TaxId
from services.billing.parties.companies import lock_company, seller_of
from services.billing.parties.sellers import Sellers
from services.billing.tax import ids as tax_ids
from services.billing.tax.calculation import CONFIRMED_FOR
from services.billing.tax.id_match import compare
from services.billing.tax.vies import (
    AddressRefusedError,
    Answer,
    NoAnswerError,
    QuestionRefusedError,
    Register,
    RequesterRefusedError,
)
from shared.backoff import Backoff
from shared.contracts.billing.tax import TaxIdMatch, TaxIdState
from shared.db.database import Database
from shared.postal_codes import code_of
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime

log = structlog.get_logger()

EVERY = timedelta(minutes=1)
LEASE = timedelta(minutes=2)
REASK_VALID_AFTER = timedelta(days=60)
"""Well before an answer stops to count: a register may be away for long."""
REASK_INVALID_AFTER = timedelta(days=7)
"""A new number takes a while to get into the register."""
REASK_REFUSED_AFTER = timedelta(days=1)
PASSED_OVER_FOR = timedelta(minutes=15)
"""How long a seller's questions wait after the register has refused it."""
BACKOFF = Backoff(tuple(minutes * 60 for minutes in (1, 5, 15, 60, 360)))
"""Between tries without an answer."""


@dataclass(frozen=True)
class _Question:
    company_id: UUID
    number: str
    version: int
    requester: str


@dataclass(frozen=True)
class Checks:
    """One run of the job."""

    database: Database
    runtime: Runtime
    register: Register
    sellers: Sellers
    request_id: str

    def run(self) -> None:
        """Ask about each VAT ID that is due.

        A seller whom the register refuses asks nothing more in this turn, which ends
        where the register refuses every seller.
        """
        refused: set[str] = set()
        while question := self._take(refused):
            if question.requester in refused:
                continue
            outcome = _ask(self.register, question)
            self._note(question, outcome)
            if isinstance(outcome, RequesterRefusedError):
                refused.add(question.requester)
            if isinstance(outcome, AddressRefusedError):
                break

    def _take(self, refused: Container[str]) -> _Question | None:
        """The next question: those that never failed come first.

        One of a seller whom the register has refused is put off.
        """
        now = self.runtime.clock.now()
        due = (
            select(TaxId)
            .where(TaxId.next_check_at <= now)
            .order_by(TaxId.failure_count, TaxId.next_check_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self.database.system() as session:
            row = session.scalars(due).one_or_none()
            if row is None:
                return None
            requester = seller_of(session, self.sellers, row.company_id).vat_id
            if requester in refused:
                row.next_check_at = now + PASSED_OVER_FOR
            else:
                row.asked_at, row.next_check_at = now, now + LEASE
            return _Question(row.company_id, row.number, row.version, requester)

    def _note(self, question: _Question, outcome: Answer | NoAnswerError) -> None:
        with self.database.system() as session:
            lock_company(session, question.company_id)
            now = self.runtime.clock.now()
            call = Call(system("billing"), self.request_id, now)
            change = Change(session, self.runtime, call)
            if not _keep_outcome(change, question, outcome):
                return
            seller = seller_of(session, self.sellers, question.company_id)
            tax_ids.emit_change(change, seller, question.company_id)


def _ask(register: Register, question: _Question) -> Answer | NoAnswerError:
    try:
        return register.ask(question.number, question.requester)
    except NoAnswerError as failure:
        log.warning("vat_id_unanswered", code=failure.code)
        return failure


def _keep_outcome(
    change: Change, question: _Question, outcome: Answer | NoAnswerError
) -> bool:
    """Keep the answer to a question; return whether anything changed.

    The company is locked.
    """
    session, now = change.db, change.call.now
    row = session.get(TaxId, question.company_id)
    if row is None or row.version != question.version:
        return False
    before = (row.state, row.match, row.failure)
    if isinstance(outcome, NoAnswerError):
        _note_failure(row, outcome, now)
    else:
        _note_answer(row, outcome, session.get_one(Company, row.company_id), now)
    is_changed = (row.state, row.match, row.failure) != before
    return is_changed or isinstance(outcome, Answer)


def _note_answer(row: TaxId, answer: Answer, company: Company, now: datetime) -> None:
    row.checked_at = now
    if not answer.is_valid or (row.name, row.address) != (answer.name, answer.address):
        # An operator confirmed what the register said then, and nothing else.
        row.confirmed_by = row.confirmed_why = ""
    row.name, row.address, row.proof = answer.name, answer.address, answer.proof
    row.failure, row.failure_count = "", 0
    if not answer.is_valid:
        row.state, row.match = TaxIdState.INVALID, None
        row.next_check_at = now + REASK_INVALID_AFTER
        return
    row.state = TaxIdState.VALID
    row.next_check_at = now + REASK_VALID_AFTER
    postal_code = code_of(company.country, company.postal_code)
    row.match = compare(
        answer.name,
        answer.address,
        own_name=company.name,
        own_postal_code=postal_code or company.postal_code,
        own_city=company.city,
    )
    if row.match is TaxIdMatch.DIFFERS and not row.confirmed_by:
        log.warning("vat_id_differs", company=str(row.company_id))


def _note_failure(row: TaxId, failure: NoAnswerError, now: datetime) -> None:
    """Let an earlier answer count as long as it may."""
    refused = isinstance(failure, QuestionRefusedError)
    row.failure, row.failure_count = failure.code, row.failure_count + 1
    pause = REASK_REFUSED_AFTER if refused else BACKOFF.pause(row.failure_count)
    row.next_check_at = now + pause
    if row.checked_at is None or now.date() - row.checked_at.date() > CONFIRMED_FOR:
        row.state = TaxIdState.UNREACHABLE
