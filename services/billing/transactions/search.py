"""Search in transactions: by document, top-up, amount, and the words of a note.

Each transaction has its terms, in the order of the list; the database keeps them. What
is typed is read as sets of terms, and a transaction must have one of each set. Why that
takes as long for a million transactions as for three:
docs/decisions/search-of-transactions.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Subquery,
    TableValuedAlias,
    Text,
    column,
    func,
    literal,
    select,
)
from sqlalchemy import true as always
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from services.billing.models.documents import Document
from services.billing.models.ledger import Wallet
from services.billing.models.payments import Chargeback, Payment
from services.billing.models.refunds import Refund
from services.billing.models.top_ups import TopUp
from services.billing.models.transactions import TransactionTerm
from services.billing.top_ups.references import references_in
from services.billing.transactions.amounts_typed import TypedAmount, read_typed
from services.billing.transactions.filters import Key, Narrowing, walk
from shared.contracts.billing.transactions import ListTransactions, TransactionGroup
from shared.contracts.notes import NoteCode
from shared.db.paging import Direction
from shared.errors import InvalidInput

_CAUSES: Mapping[str, type[Payment | Refund | Chargeback]] = {
    "payment": Payment,
    "refund": Refund,
    "chargeback": Chargeback,
}
"""What entries of a top-up are caused by, as their causes name it."""

MAX_LENGTH = 200
MOST_WORDS = 10
LONGEST_MS = 3_000
"""For two words that very many transactions have, and hardly any both."""

MOST_SPELLINGS = 20
"""Words that begin with one that was typed. If there are more, it is a whole one."""

FEW = 500
"""So many transactions are read and sorted in a millisecond or two."""

_QUERY_CANCELLED = "57014"
_LAST_CHARACTER = chr(0x10FFFF)

_Terms = Sequence[str]
_WordsOfCodes = Mapping[str, _Terms]


@dataclass(frozen=True)
class Search:
    """A transaction must have a term of each set that is ``wanted``.

    Where one of them is rare, it is the first. Without a set, as where only signs were
    typed, no transaction is meant.
    """

    session: Session
    narrowing: Narrowing
    wanted: Sequence[_Terms]

    @property
    def finds_nothing(self) -> bool:
        return not self.wanted or not all(self.wanted)

    def found(self, direction: Direction, key: Key | None, limit: int) -> Subquery:
        """The numbers of up to ``limit`` transactions next in the list that match."""
        rows, (wanted, *others) = TransactionTerm, self.wanted
        branch = self._branches(wanted)
        of_branch = (
            select(rows.at, rows.number)
            .where(
                rows.term == branch.c.term,
                rows.currency == branch.c.currency,
                rows.group == branch.c.group,
                *self.narrowing.of_time(rows),
                *map(_has_one_of, others),
            )
            .limit(limit)
        )
        next_ones = walk(of_branch, rows, direction, key).lateral("next_ones")
        falls = direction == "after"
        order = [c.desc() if falls else c.asc() for c in next_ones.c]
        # A transaction with two of the terms is next in two branches.
        query = select(*next_ones.c).select_from(branch.join(next_ones, always()))
        return query.distinct().order_by(*order).limit(limit).subquery("found")

    def _branches(self, terms: _Terms) -> TableValuedAlias:
        """Each term in each wallet and group: pieces of the index, each in order."""
        currency, group = self.narrowing.currency, self.narrowing.group
        wallets = self.session.scalars(select(Wallet.currency)).all()
        currencies = wallets if currency is None else [currency]
        groups = [each.value for each in TransactionGroup if group in {None, each}]
        branches = zip(*product(terms, currencies, groups), strict=True)
        unnested = func.unnest(*(literal(list(each), ARRAY(Text)) for each in branches))
        columns = (column(name, Text) for name in ("term", "currency", "group"))
        return unnested.table_valued(*columns, name="branch").render_derived()


def read_search(
    session: Session, request: ListTransactions, narrowing: Narrowing
) -> Search:
    """What is looked for in the session's company when a text is typed.

    Raises:
        InvalidInput: ``search_too_long`` with ``max_length``.
    """
    text = request.search
    if len(text) > MAX_LENGTH or len(text.split()) > MOST_WORDS:
        raise _too_long()
    text = text.replace("\0", " ")
    amount = read_typed(text)
    if amount is not None and amount.currency:
        if narrowing.currency not in {None, amount.currency}:
            return Search(session, narrowing, [])
        narrowing = replace(narrowing, currency=amount.currency)
    if amount is not None and not text.strip().isdecimal():
        return Search(session, narrowing, [_amounts(amount)])
    wanted = _terms_of(session, text, _words_of_codes(session, request.note_words))
    return Search(session, narrowing, _rarest_first(session, wanted, narrowing))


@contextmanager
def in_time(session: Session) -> Iterator[None]:
    """Within it, a question of the session's transaction must not take long.

    Raises:
        InvalidInput: ``search_too_slow``.
    """
    session.execute(select(func.set_config("statement_timeout", str(LONGEST_MS), True)))
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) != _QUERY_CANCELLED:
            raise
        raise InvalidInput("search_too_slow") from error


def _terms_of(session: Session, text: str, codes: _WordsOfCodes) -> Sequence[_Terms]:
    wanted, others = [], []
    for part in text.split():
        amount = read_typed(part)
        if causes := _causes(session, part):
            wanted.append(causes)
        elif amount is not None and not part.isdecimal():
            wanted.append(_amounts(amount))
        else:
            others.append(part)
    words = _words(session, " ".join(others))
    if len(words) > MOST_WORDS:
        raise _too_long()
    return [*wanted, *([*_codes(codes, each), *_word(session, each)] for each in words)]


def _rarest_first(
    session: Session, wanted: Sequence[_Terms], narrowing: Narrowing
) -> Sequence[_Terms]:
    if len(wanted) == 1:
        return wanted
    rows = TransactionTerm
    for terms in wanted:
        query = select(rows.number).where(rows.term.in_(terms))
        few = query.where(*narrowing.of_kind(rows)).limit(FEW + 1)
        if len(session.scalars(few).all()) <= FEW:
            return [terms, *(each for each in wanted if each is not terms)]
    return wanted


def _has_one_of(terms: _Terms) -> ColumnElement[bool]:
    """A question about each row on the way, and never a join with all that have one."""
    this, same = TransactionTerm, aliased(TransactionTerm)
    return (
        select(always())
        .where(
            same.term.in_(terms),
            same.currency == this.currency,
            same.group == this.group,
            same.at == this.at,
            same.number == this.number,
        )
        .limit(1)
        .correlate(this)
        .scalar_subquery()
    )


def _amounts(amount: TypedAmount) -> _Terms:
    return [f"={value.normalize():f}" for value in amount.signed()]


def _causes(session: Session, part: str) -> _Terms:
    """Payments and refunds of the document or the top-up that is named."""
    belonging = select(
        Document.top_up_id,
        Document.payment_id,
        Document.refund_id,
        Document.chargeback_id,
    )
    document = session.execute(
        belonging.where(Document.number == part.upper())
    ).one_or_none()
    if document is not None and document.refund_id is not None:
        return [f":refund:{document.refund_id}"]
    if document is not None and document.chargeback_id is not None:
        return [f":chargeback:{document.chargeback_id}"]
    if document is not None and document.payment_id is not None:
        return [f":payment:{document.payment_id}"]
    if document is not None:
        return _causes_of(session, [document.top_up_id])
    named = TopUp.reference.in_(list(references_in(part)))
    return _causes_of(session, session.scalars(select(TopUp.id).where(named)).all())


def _causes_of(session: Session, top_ups: Sequence[UUID]) -> _Terms:
    if not top_ups:
        return []
    return [
        f":{name}:{id_}"
        for name, model in _CAUSES.items()
        for id_ in session.scalars(select(model.id).where(model.top_up_id.in_(top_ups)))
    ]


def _words(session: Session, text: str) -> Sequence[str]:
    """The database takes a note and what is typed apart in the same way."""
    words = func.words_of(text, type_=ARRAY(Text))
    return session.scalars(select(words)).one()


def _words_of_codes(session: Session, note_words: Mapping[str, str]) -> _WordsOfCodes:
    """The reader's words for the codes of notes that there are."""
    known = [code.value for code in NoteCode if code in note_words]
    if not known:
        return {}
    words = (note_words[code][:MAX_LENGTH].replace("\0", " ") for code in known)
    parted = (func.words_of(each, type_=ARRAY(Text)) for each in words)
    return dict(zip(known, session.execute(select(*parted)).one(), strict=True))


def _codes(codes: _WordsOfCodes, word: str) -> _Terms:
    return [
        f"#{code}"
        for code, words in codes.items()
        if any(each.startswith(word) for each in words)
    ]


def _word(session: Session, word: str) -> _Terms:
    """The words that it begins; it alone, if those are too many. A number's amount."""
    amount = read_typed(word)
    amounts = _amounts(amount) if amount else []
    spellings = _spellings(session, word)
    if len(spellings) > MOST_SPELLINGS:
        return [*amounts, word]
    return [*amounts, *spellings]


def _spellings(session: Session, word: str) -> _Terms:
    """The company's words that begin with it, one more than `MOST_SPELLINGS` at most.

    From each the index leads to the next: it is not read through.
    """
    term = TransactionTerm.term
    begin = (term >= word, term < word + _LAST_CHARACTER)
    first = select(func.min(term).label("term")).where(*begin).cte(recursive=True)
    after = select(func.min(term)).where(*begin, term > first.c.term).scalar_subquery()
    spellings = first.union_all(select(after).where(first.c.term.is_not(None)))
    found = select(spellings.c.term).where(spellings.c.term.is_not(None))
    return session.scalars(found.limit(MOST_SPELLINGS + 1)).all()


def _too_long() -> InvalidInput:
    return InvalidInput("search_too_long", "", {"max_length": MAX_LENGTH})
