"""What must hold once everything has settled, whatever happened before.

A new invariant is one more generator of sentences in `INVARIANTS`: each says where the
world is not as it should be.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.billing.audit import books
from services.inventory import counters
from shared.contract import Effect, Event, Method
from shared.contracts import billing, identity, inventory
from tests.fixtures.stored_words import stored_words
from tests.simulation.intents import Intent, Outcome
from tests.simulation.network import tally
from tests.simulation.world import World

Findings = Iterator[str]


def differences(world: World) -> list[str]:
    return [line for check in INVARIANTS for line in check(world)]


def books_and_counters(world: World) -> Findings:
    """The ledger, and every sum that is kept beside its source."""
    with world.database("billing").system() as session:
        yield from books.verify(session)
    with world.database("inventory").system() as session:
        yield from counters.differences(session)


def no_words_stored(world: World) -> Findings:
    """Services keep codes, and words only of people."""
    for service in ("billing", "inventory"):
        with world.database(service).system() as session:
            yield from stored_words(session, service)


def projections(world: World) -> Findings:
    """Billing's picture of services and companies is the owners' own."""
    yield from _compare(
        "subscription",
        _rows(world, "inventory", _SERVICES),
        _rows(world, "billing", _SUBSCRIPTIONS),
    )
    yield from _compare(
        "company",
        _rows(world, "identity", "SELECT id, time_zone, version FROM companies"),
        _rows(world, "billing", "SELECT company_id, time_zone, version FROM companies"),
    )


def events_once(world: World) -> Findings:
    """Every event was published, and has had its effect once with each handler."""
    for name, dispatcher in world.dispatchers.items():
        done = Counter(
            (row.handler, str(row.event_id))
            for row in _rows(world, name, f"SELECT * FROM {tally.name}")
        )
        for event in world.network.published.values():
            for handler in dispatcher.service.event_handlers:
                told = (handler.event.source, handler.event.name)
                times = done[handler.name, event["id"]]
                if told == (event["source"], event["name"]) and times != 1:
                    yield f"{name} has taken in {event['id']} {times} times"
        waiting = _rows(world, name, "SELECT FROM outbox WHERE relayed_at IS NULL")
        if waiting:
            yield f"{name} still has {len(waiting)} events in its outbox"


def versions_told(world: World) -> Findings:
    """Each version of a thing was told of: none is missing, none is two things."""
    told: dict[tuple[str, str], set[int]] = defaultdict(set)
    bodies: dict[tuple[str, str, int], Any] = {}
    for event in world.network.published.values():
        subject, version = event["body"].get("id"), event["version"]
        if subject is None:
            continue
        told[event["source"], subject].add(version)
        key = (event["source"], subject, version)
        if bodies.setdefault(key, event["body"]) != event["body"]:
            yield f"version {version} of {event['source']}'s {subject} is two things"
    for source, table in VERSIONED:
        for row in _rows(world, source, f"SELECT id, version FROM {table}"):
            versions = told[source, str(row.id)]
            if versions != set(range(1, row.version + 1)):
                yield f"{row.id} is at {row.version}, told were {sorted(versions)}"


def effects_once(world: World) -> Findings:
    """What was done is in effect once; what was refused left nothing."""
    counts = effects(world)
    for intent in world.intents:
        if (
            intent.method not in EVENTS_OF
            and intent.method != billing.wallets.ADJUST_WALLET
        ):
            continue
        times = counts[intent.request_id]
        if times > 1:
            yield f"{intent} took effect {times} times"
        if times and not intent.may_have_effect:
            yield f"{intent} was refused, and took effect"
        # A plan may be changed to itself, which is nothing to tell of.
        if (
            intent.outcome is Outcome.DONE
            and not times
            and intent.method != inventory.lifecycle.CHANGE_PLAN
        ):
            yield f"{intent} is said to be done, and is not"


def acts_once(world: World) -> Findings:
    """What a person did is in the trail once; what was refused is not, nor are jobs."""
    acts = Counter(
        (row.request_id, row.method)
        for row in _rows(world, "identity", "SELECT * FROM activity")
    )
    for intent in world.intents:
        times = acts.pop((intent.request_id, str(intent.method)), 0)
        if intent.method.effect is not Effect.CHANGE:
            continue
        if times > 1 or (times and not intent.may_have_effect):
            yield f"{intent} is in the trail {times} times"
        if intent.outcome is Outcome.DONE and not times:
            yield f"{intent} is said to be done, and is not in the trail"
    for request_id, method in acts:
        if request_id.startswith("intent-"):
            yield f"{method} for {request_id} is in the trail, and nobody called it"


def repeats_alike(world: World) -> Findings:
    """Whoever asks again under the same key is told what the first was told."""
    for intent in world.intents:
        responses = [e for e in intent.executions if not isinstance(e, Exception)]
        if intent.key and any(each != responses[0] for each in responses):
            yield f"{intent} was answered in different ways"


def wallets_add_up(world: World) -> Findings:
    """Balances are what was done to them, less what services were charged.

    Each answer told the one that was right then.
    """
    counts = effects(world)
    expected: dict[tuple[UUID, str], Decimal] = defaultdict(Decimal)
    for intent in world.intents:
        if intent.method == billing.wallets.ADJUST_WALLET and counts[intent.request_id]:
            amount = intent.request.amount
            whose = intent.request.company_id, amount.currency.code
            expected[whose] += amount.amount
    for row in _rows(world, "billing", _CHARGED):
        expected[row.company_id, row.currency] -= row.amount
    for row in _rows(world, "billing", "SELECT * FROM wallets"):
        due = expected[row.company_id, row.currency]
        if row.balance != due:
            yield f"wallet {row.id} has {row.balance}, should have {due}"
    running = {row.request_id: row.balance for row in _rows(world, "billing", _RUNNING)}
    for intent in world.intents:
        if (
            intent.method == billing.wallets.ADJUST_WALLET
            and intent.outcome is Outcome.DONE
        ):
            told = intent.response.balance.amount
            if running.get(intent.request_id) != told:
                yield f"{intent} was told {told}, and never was it"


def last_one_stands(world: World) -> Findings:
    """A setting is what somebody set it to, and nobody set it after that one."""
    settings: dict[Any, list[tuple[Intent, Any]]] = defaultdict(list)
    for intent in world.intents:
        if intent.method in SETTINGS and intent.may_have_effect:
            column, field = SETTINGS[intent.method]
            money = getattr(intent.request, field)
            whose = column, intent.company_id, money.currency.code
            settings[whose].append((intent, money.amount))
    for row in _rows(world, "billing", "SELECT * FROM wallets"):
        for column, _ in SETTINGS.values():
            known = settings[column, row.company_id, row.currency]
            yield from _last(f"{column} of {row.id}", getattr(row, column), known)


def effects(world: World) -> Counter[str]:
    """How often each intent has taken effect, by its request id."""
    rows = _rows(world, "billing", _ENTRIES)
    counts = Counter(row.request_id for row in rows)
    kinds = {
        intent.request_id: EVENTS_OF[intent.method].name
        for intent in world.intents
        if intent.method in EVENTS_OF
    }
    for event in world.network.published.values():
        if event["name"] == kinds.get(event["request_id"]):
            counts[event["request_id"]] += 1
    return counts


def _last(what: str, value: Any, settings: list[tuple[Intent, Any]]) -> Findings:
    done = [each for each, _ in settings if each.outcome is Outcome.DONE]
    for intent, wanted in settings:
        ended = intent.ended
        if wanted == value and (
            ended is None or not any(other.began > ended for other in done)
        ):
            return
    if done or value:
        yield f"{what} is {value}, which is not what was set last"


def _compare(what: str, owners: list[Row[Any]], copies: list[Row[Any]]) -> Findings:
    mine = {row[0]: tuple(row) for row in owners}
    theirs = {row[0]: tuple(row) for row in copies}
    for key in sorted(mine.keys() | theirs.keys()):
        if mine.get(key) != theirs.get(key):
            yield f"{what} {key}: {theirs.get(key)}, should be {mine.get(key)}"


def _rows(world: World, service: str, query: str) -> list[Row[Any]]:
    with world.database(service).system() as session:
        return list(session.execute(text(query)).all())


_SERVICES = """
SELECT id, company_id, version, state, suspension_reason, price, currency, period,
       activated_at, termination_time, family_code FROM services
"""
_SUBSCRIPTIONS = """
SELECT service_id, company_id, version, state, suspension_reason, price, currency,
       period, activated_at, ends, family_code FROM subscriptions
"""
_ENTRIES = "SELECT request_id FROM journal_entries WHERE cause <> 'charging'"
"""What a change of price makes of paid time is the event's, not a second effect."""
_CHARGED = """
SELECT company_id, currency, sum(amount) AS amount FROM charges
GROUP BY company_id, currency
"""
_RUNNING = """
SELECT request_id, sum(coalesce(credit, -debit))
    OVER (PARTITION BY account_id ORDER BY position) AS balance
FROM postings JOIN wallets ON wallets.id = account_id
JOIN journal_entries ON journal_entries.id = entry_id
"""

VERSIONED = (("inventory", "services"), ("billing", "wallets"))
"""Whose every version is told of by an event with the thing's id."""

EVENTS_OF: Mapping[Method[Any, Any], Event[Any]] = {
    identity.companies.CREATE_COMPANY: identity.companies.COMPANY_CHANGED,
    billing.wallets.OPEN_WALLET: billing.wallets.WALLET_CHANGED,
    billing.wallets.SET_CREDIT_LIMIT: billing.wallets.WALLET_CHANGED,
    billing.wallets.SET_COMFORT_BUFFER: billing.wallets.WALLET_CHANGED,
    inventory.lifecycle.CREATE_SERVICE: inventory.services.SERVICE_CREATED,
    inventory.lifecycle.ACTIVATE_SERVICE: inventory.services.SERVICE_ACTIVATED,
    inventory.lifecycle.SUSPEND_SERVICE: inventory.services.SERVICE_SUSPENDED,
    inventory.lifecycle.RESUME_SERVICE: inventory.services.SERVICE_RESUMED,
    inventory.lifecycle.TERMINATE_SERVICE: inventory.services.SERVICE_TERMINATED,
    inventory.lifecycle.CANCEL_SERVICE: inventory.services.SERVICE_CANCELLED,
    inventory.lifecycle.REQUEST_TERMINATION: inventory.services.TERMINATION_REQUESTED,
    inventory.lifecycle.WITHDRAW_TERMINATION: inventory.services.TERMINATION_WITHDRAWN,
    inventory.lifecycle.CHANGE_PLAN: inventory.services.PLAN_CHANGED,
    inventory.lifecycle.CHANGE_PRICE: inventory.services.PRICE_CHANGED,
}
"""The one event that tells of an operation's effect."""

SETTINGS: Mapping[Method[Any, Any], tuple[str, str]] = {
    billing.wallets.SET_CREDIT_LIMIT: ("credit_limit", "limit"),
    billing.wallets.SET_COMFORT_BUFFER: ("comfort_buffer", "buffer"),
}
"""The wallet's column that an operation sets, and the request's field with it."""

INVARIANTS: tuple[Callable[[World], Findings], ...] = (
    books_and_counters,
    no_words_stored,
    projections,
    events_once,
    versions_told,
    effects_once,
    acts_once,
    repeats_alike,
    wallets_add_up,
    last_one_stands,
)
