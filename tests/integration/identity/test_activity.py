"""The trail of what people did: recorded with the change, and never changed again."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from launcher.servers.old_activity import KEPT_FOR, forget_old_activity
from services.identity.activity import appending
from shared import contract
from shared.contract import ACTIVITY_RECORDED
from shared.contracts import identity
from shared.contracts.actors import ActorKind
from shared.contracts.identity.activity import (
    LIST_ACTIVITY,
    LIST_COMPANY_ACTIVITY,
    SEARCH_ACTIVITY,
    ActivityEntry,
    ListActivity,
    ListCompanyActivity,
    SearchActivity,
)
from shared.contracts.identity.companies import Address, ChangeCompany
from shared.contracts.identity.memberships import Role
from shared.db.events import Envelope
from shared.errors import Conflict, InvalidInput, NotFound
from tests.fixtures.identity.harness import ADDRESS, PASSWORD, IdentityHarness
from tests.fixtures.identity.trail import acts_in

ALICE = "alice@example.com"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


UPSERT = (
    "INSERT INTO activity SELECT * FROM activity"
    " ON CONFLICT (id) DO UPDATE SET actor_name = 'nobody'"
)


class Trail:
    """A person with a company, and what the trail has of both."""

    def __init__(self, harness: IdentityHarness) -> None:
        self.harness = harness
        self.user = harness.add_owner(ALICE, "Aurora")
        request = identity.signing_in.LogIn(
            email=ALICE, password=PASSWORD, address=ADDRESS, user_agent=BROWSER
        )
        session = harness.call(identity.signing_in.LOG_IN, request).session
        assert session
        self.session = session
        self.company_id = self.session.company_id

    def rename(self, name: str, version: int = 1, key: str | None = None) -> None:
        request = ChangeCompany(
            version=version,
            name=name,
            address=Address(country="DE"),
            time_zone="Europe/Berlin",
            is_business=True,
        )
        method = identity.companies.CHANGE_COMPANY
        self.harness.call(method, request, self.session.principal, key)

    def written(self) -> list[Envelope[contract.Activity]]:
        return acts_in(self.harness.database)

    def take_in(self, *envelopes: Envelope[contract.Activity]) -> None:
        with self.harness.database.system() as db:
            appending.append(db, envelopes or self.written())

    def own(self, **narrowed: object) -> list[ActivityEntry]:
        request = ListActivity(**narrowed)  # type: ignore[arg-type]
        answer = self.harness.call(LIST_ACTIVITY, request, self.session.principal)
        return answer.entries

    def of_company(self, **narrowed: object) -> list[ActivityEntry]:
        request = ListCompanyActivity(**narrowed)  # type: ignore[arg-type]
        token = self.session.principal
        return self.harness.call(LIST_COMPANY_ACTIVITY, request, token).entries


@pytest.fixture
def trail(harness: IdentityHarness) -> Trail:
    return Trail(harness)


def an_act(
    trail: Trail, at: datetime, method: str = "add_wallet", by: UUID | None = None
) -> Envelope[contract.Activity]:
    """An act of the person's, or of somebody else's, as billing tells of it."""
    return Envelope(
        id=uuid4(),
        source="billing",
        name=ACTIVITY_RECORDED,
        company_id=trail.company_id,
        version=1,
        at=at,
        request_id="r-1",
        body=contract.Activity(
            method=method,
            user_id=by or trail.user.id,
            actor_kind="user",
            actor_name="Alice Example",
            recorded={"currency": "USD"},
            session_id=None,
        ),
    )


def test_an_act_says_who_did_what_from_where_and_when(trail: Trail) -> None:
    trail.rename("Aurora Digital")
    trail.take_in()

    (act,) = trail.own(methods=["identity.change_company"])

    assert (act.actor.kind, act.actor.name) == (ActorKind.PERSON, "Alice Example")
    assert (act.user_id, act.company_id) == (trail.user.id, trail.company_id)
    assert (act.network, act.browser, act.system) == ("203.0.113.x", "Firefox", "Linux")
    assert act.at == trail.harness.clock.now()
    assert act in trail.of_company()


def test_a_repeated_change_and_a_refused_one_are_no_further_acts(trail: Trail) -> None:
    before = len(trail.written())

    for _ in range(2):
        trail.rename("Aurora Digital", key="the-same-form")
    with pytest.raises(Conflict, match="company_changed_meanwhile"):
        trail.rename("Aurora Labs", version=1)

    assert len(trail.written()) == before + 1


def test_signing_in_and_out_is_a_persons_own(trail: Trail) -> None:
    log_out = identity.signing_in.LogOut(token=trail.session.token)
    for _ in range(2):
        trail.harness.call(identity.signing_in.LOG_OUT, log_out)
    trail.take_in()

    acts = trail.own(methods=["identity.log_in", "identity.log_out"])

    assert [act.method for act in acts] == ["identity.log_out", "identity.log_in"]
    assert {act.company_id for act in acts} == {None}
    assert {act.network for act in acts} == {"203.0.113.x"}
    assert not {"identity.log_in", "identity.log_out"} & {
        act.method for act in trail.of_company()
    }


def test_support_is_in_the_trail_of_whom_it_is_about(trail: Trail) -> None:
    member = trail.harness.add_user("bob@example.com", "Bob")
    trail.harness.add_member(trail.company_id, member.id, Role.VIEWER)
    trail.take_in()

    (act,) = trail.of_company(methods=["identity.add_member"], by_support=True, limit=1)

    assert act.actor.kind is ActorKind.SUPPORT
    assert act.recorded == {"user_id": str(member.id), "role": "viewer"}
    assert "identity.create_user" in {each.method for each in trail.own()}


def test_a_company_is_shown_nothing_of_another(
    harness: IdentityHarness, trail: Trail
) -> None:
    harness.add_owner("other@example.com", "Cirrus")
    theirs = harness.log_in("other@example.com")
    trail.rename("Aurora Digital")
    trail.take_in()

    own = harness.call(LIST_ACTIVITY, ListActivity(), theirs.principal).entries
    company = harness.call(
        LIST_COMPANY_ACTIVITY,
        ListCompanyActivity(user_id=trail.user.id),
        theirs.principal,
    ).entries

    assert company == []
    assert {each.user_id for each in own} == {theirs.user.id}


def test_days_are_the_companys_and_the_persons_own(trail: Trail) -> None:
    # In Berlin, where the company is, that is the second of March.
    trail.take_in(an_act(trail, datetime(2026, 3, 1, 23, 30, tzinfo=UTC)))
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    narrowed = {"methods": ["billing.add_wallet"]}

    assert trail.of_company(first_day=second, last_day=second, **narrowed)
    assert not trail.of_company(last_day=first, **narrowed)
    assert trail.own(first_day=first, last_day=first, **narrowed)


def test_a_list_is_narrowed_to_a_person_and_paged_by_key(trail: Trail) -> None:
    other = uuid4()
    at = trail.harness.clock.now()
    mine = [an_act(trail, at - timedelta(hours=hour // 2)) for hour in range(5)]
    trail.take_in(*mine, an_act(trail, at, by=other))

    seen, cursor = [], None
    while True:
        request = ListCompanyActivity(user_id=trail.user.id, cursor=cursor, limit=2)
        token = trail.session.principal
        page = trail.harness.call(LIST_COMPANY_ACTIVITY, request, token)
        seen += page.entries
        cursor = page.next
        if cursor is None:
            break

    assert {each.id for each in seen} == {each.id for each in mine}
    assert [each.at for each in seen] == sorted((e.at for e in seen), reverse=True)
    assert [each.user_id for each in trail.of_company(user_id=other)] == [other]


def test_an_act_that_comes_twice_is_one(trail: Trail) -> None:
    act = an_act(trail, trail.harness.clock.now())

    trail.take_in(act)
    trail.take_in(act)

    assert len(trail.own(methods=["billing.add_wallet"])) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE activity SET actor_name = 'nobody'",
        "DELETE FROM activity",
        "TRUNCATE activity",
        UPSERT,
    ],
)
def test_nobody_can_change_the_trail(trail: Trail, statement: str) -> None:
    trail.take_in()
    before = _rows(trail.harness)

    refused = pytest.raises(IntegrityError, match="append-only")
    with refused, trail.harness.database.system() as db:
        db.execute(text(statement))

    assert before == _rows(trail.harness) != []


def test_what_is_older_than_a_year_is_deleted_by_the_owner_alone(trail: Trail) -> None:
    now = trail.harness.clock.now()
    old = an_act(trail, now - KEPT_FOR - timedelta(seconds=1))
    kept = an_act(trail, now - KEPT_FOR)
    trail.take_in(old, kept)
    url = trail.harness.database.engine.url.render_as_string(hide_password=False)

    assert forget_old_activity(url, now) == 1

    assert [each.id for each in trail.own(methods=["billing.add_wallet"])] == [kept.id]
    with pytest.raises(IntegrityError), trail.harness.database.system() as db:
        db.execute(text("DELETE FROM activity"))
    assert forget_old_activity(url, now) == 0


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (ListActivity(limit=0), "bad_limit"),
        (ListActivity(cursor="nonsense"), "bad_cursor"),
        (ListActivity(first_day=date(1, 1, 1)), "bad_day"),
        (ListActivity(methods=["a"] * 201), "malformed_message"),
    ],
)
def test_a_list_that_cannot_be_is_refused(
    trail: Trail, request_: ListActivity, code: str
) -> None:
    with pytest.raises(InvalidInput, match=code):
        trail.harness.call(LIST_ACTIVITY, request_, trail.session.principal)


def _rows(harness: IdentityHarness) -> list[str]:
    with harness.database.system() as db:
        return list(db.scalars(text("SELECT a::text FROM activity a ORDER BY id")))


def test_operators_search_the_trail_of_a_person_or_a_company(
    harness: IdentityHarness, trail: Trail
) -> None:
    trail.take_in()
    trail.rename("Borealis")
    trail.take_in(*trail.written()[-1:])
    operator = harness.principals.operator()

    def search(**narrowed: object) -> set[str]:
        request = SearchActivity(**narrowed)  # type: ignore[arg-type]
        found = harness.call(SEARCH_ACTIVITY, request, operator)
        return {each.method for each in found.entries}

    everything = search()
    assert {"identity.log_in", "identity.change_company"} <= everything
    assert "identity.change_company" in search(company_id=trail.company_id)
    assert "identity.log_in" in search(email=ALICE.upper())
    assert search(email=ALICE, methods=["identity.log_in"]) == {"identity.log_in"}
    with pytest.raises(NotFound, match="no_such_user"):
        search(email="nobody@example.com")
