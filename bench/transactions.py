"""A company with 1,000,000 transactions against one with 100: lists, and their CSV."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import Engine, text

from bench.browser import Browser
from bench.companies import Company, create, tidy
from bench.figures import Figure, at_most
from bench.movements import RARE_AMOUNT, RARE_WORD, fill
from bench.processes import megabytes, pid_of
from bench.site import Site
from bench.timing import medians_ms
from launcher.machine.errors import LaunchError
from shared.contracts import billing
from shared.db.database import Database
from shared.db.paging import encode_cursor

GOAL = at_most(1.5)
MEMORY_GOAL = at_most(1.1)

MANY, FEW = 1_000_000, 100
LARGE = Company("many@bench.example", "A Million Transactions Ltd")
SMALL = Company("few@bench.example", "A Hundred Transactions Ltd")
_COMPANIES = ((LARGE, MANY), (SMALL, FEW))

_TIMES = 30
_DAYS_OF_FEWER = 4
"""So many days hold some 10,000 of a million transactions in a year."""
_SAMPLED_EVERY_S = 0.25

_Query = dict[str, str]


def measure(site: Site) -> Iterator[Figure]:
    with closing(Database(site.database_url(billing.CONTRACT.name))) as database:
        ids = [_make(site, database.engine, *each) for each in _COMPANIES]
        tidy(database.engine)
        # Only now, as a server hangs up on who is silent while that is done.
        large, small = (
            _Books(database.engine, site.browser(company.email), id_, number)
            for id_, (company, number) in zip(ids, _COMPANIES, strict=True)
        )
        for name, query in _lists().items():
            yield _compare(name, large, small, partial(_Books.address, query=query))
        for name, query in (("", {}), (" of a common word", {"q": "visa"})):
            what = f"the second page{name}"
            yield _compare(what, large, small, partial(_Books.second, query=query))
        yield _compare("a page in the middle", large, small, _Books.middle)
        yield from _export(site, large)


def _make(site: Site, engine: Engine, company: Company, number: int) -> UUID:
    with site.operator() as operator:
        company_id = create(operator, company)
    fill(engine, company_id, _code(number), number)
    return company_id


def _code(number: int) -> str:
    """What the numbers of a company's documents begin with."""
    return f"BENCH{number}"


@dataclass(frozen=True)
class _Books:
    """A company's list of transactions, and a reader of it."""

    engine: Engine
    browser: Browser
    company_id: UUID
    number: int

    @property
    def code(self) -> str:
        return _code(self.number)

    def address(self, query: _Query, file: str = "transactions") -> str:
        filled = {name: it.format(code=self.code) for name, it in query.items()}
        return f"/companies/{self.company_id}/{file}?{urlencode(filled)}"

    def second(self, query: _Query) -> str:
        """The address of the second page; of the only one where that is all."""
        first = self.address(query)
        link = re.search(r'rel="next" href="([^"]+)"', self.browser.get(first))
        return unescape(link[1]) if link else first

    def middle(self) -> str:
        query = text(
            "SELECT at, number FROM transactions WHERE company_id = :company_id "
            "ORDER BY at, number OFFSET :half LIMIT 1"
        )
        values = {"company_id": self.company_id, "half": self.number // 2}
        with self.engine.connect() as connection:
            at, number = connection.execute(query, values).one()
        return self.address({"after": encode_cursor("after", at, number)})


def _lists() -> dict[str, _Query]:
    days = _days(-270, -90)
    return {
        "the first page": {},
        **{it: {"type": it} for it in ("top-ups", "charges", "refunds", "adjustments")},
        "one wallet": {"currency": "EUR"},
        "charges of one wallet": {"currency": "EUR", "type": "charges"},
        "half a year": days,
        "charges of half a year": {**days, "type": "charges"},
        "a common word": {"q": "visa"},
        "a beginning of two common words": {"q": "return"},
        "two common words": {"q": "visa 4242"},
        "a rare word": {"q": RARE_WORD},
        "a rare and a common word": {"q": f"goodwill {RARE_WORD}"},
        "no word": {"q": "nothing"},
        "a common amount": {"q": "50.00"},
        "a rare amount": {"q": RARE_AMOUNT},
        "a document's number": {"q": "{code}-5"},
        "a common word of half a year's top-ups": {
            **days,
            "q": "visa",
            "type": "top-ups",
        },
    }


def _days(first: int, last: int) -> _Query:
    today = datetime.now(UTC).date()
    moved = {"from": first, "to": last}
    return {name: str(today + timedelta(days)) for name, days in moved.items()}


def _compare(
    what: str, large: _Books, small: _Books, address_of: Callable[[_Books], str]
) -> Figure:
    addresses = {it.number: address_of(it) for it in (large, small)}
    ours, theirs = medians_ms(
        lambda: large.browser.get(addresses[MANY]),
        lambda: small.browser.get(addresses[FEW]),
        _TIMES,
    )
    return Figure(f"{MANY:,} transactions: {FEW}, {what}", ours, theirs, "ms", GOAL)


def _export(site: Site, large: _Books) -> Iterator[Figure]:
    """Peak memory while a file is sent, and how fast that goes."""
    file = "transactions.csv"
    fewer = large.address(_days(-200, -200 + _DAYS_OF_FEWER - 1), file)
    large.browser.count_lines(fewer)  # until all that is kept is there
    few = _Download.of(site, large.browser, fewer)
    all_ = _Download.of(site, large.browser, large.address({}, file))
    if all_.lines <= MANY:
        raise LaunchError(f"{all_.lines} lines are not {MANY} transactions")
    for name, peak in all_.peaks_mb.items():
        what = f"memory of {name} sending {all_.lines:,} lines: {few.lines:,}"
        yield Figure(what, peak, few.peaks_mb[name], "MB", MEMORY_GOAL)
    what = f"a line of {all_.lines:,}: of {few.lines:,}"
    yield Figure(what, all_.us_per_line, few.us_per_line, "us")


@dataclass(frozen=True)
class _Download:
    lines: int
    seconds: float
    peaks_mb: dict[str, float]

    @classmethod
    def of(cls, site: Site, browser: Browser, address: str) -> "_Download":
        peaks: dict[str, float] = {}
        with _noting_peaks(site, peaks):
            started = time.perf_counter()
            lines = browser.count_lines(address)
            seconds = time.perf_counter() - started
        return cls(lines, seconds, peaks)

    @property
    def us_per_line(self) -> float:
        return self.seconds / self.lines * 1_000_000


@contextmanager
def _noting_peaks(site: Site, peaks: dict[str, float]) -> Iterator[None]:
    """The most memory that web and billing hold until the block ends."""
    ended = threading.Event()

    def note() -> None:
        while not ended.wait(_SAMPLED_EVERY_S):
            for name in ("web", "billing"):
                held = megabytes(pid_of(site.layout, name))
                peaks[name] = max(held, peaks.get(name, 0))

    thread = threading.Thread(target=note)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
