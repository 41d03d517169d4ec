"""A company's legal details, changed by its own people: one change after the other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import asdict, replace
from sqlalchemy import select, text

from shared import places
from shared.contracts import identity
from shared.contracts.identity.companies import Address
from shared.contracts.identity.memberships import Role
from shared.db.tables import outbox
from shared.errors import Conflict, ContractError, Forbidden, InvalidInput, NotFound
from tests.fixtures.direct_calls import as_json
from tests.fixtures.identity.harness import IdentityHarness

ELSEWHERE = Address(
    street="Calle Mayor 1",
    postal_code="35001",
    city="Las Palmas",
    region="Canarias",
    country="ES",
)
TEXTS = ("name", "street", "postal_code", "city", "region")


@dataclass
class OwnedCompany:
    """A company and its owner."""

    harness: IdentityHarness
    owner: identity.people.User
    company: identity.companies.Company

    def wish(self, **details: Any) -> identity.companies.ChangeCompany:
        """The company as it was when it was made, but for these details."""
        known = asdict(self.company)
        fields = identity.companies.ChangeCompany.__struct_fields__
        details = {name: known[name] for name in fields} | details
        return identity.companies.ChangeCompany(**details)

    def change(
        self,
        request: identity.companies.ChangeCompany,
        role: Role = Role.OWNER,
        key: str | None = None,
    ) -> identity.companies.Company:
        token = self.token(role)
        return self.harness.call(identity.companies.CHANGE_COMPANY, request, token, key)

    def token(self, role: Role = Role.OWNER) -> str:
        return self.harness.principals.user(role, self.company.id, self.owner.id)

    def now(self) -> identity.companies.Company:
        return self.harness.call(
            identity.companies.GET_COMPANY,
            identity.companies.GetCompany(),
            self.token(Role.VIEWER),
        )

    def told(self) -> list[dict[str, Any]]:
        """The events of this company, since it was made."""
        wanted = (
            select(outbox.c.envelope)
            .where(outbox.c.event_name == identity.companies.COMPANY_CHANGED.name)
            .order_by(outbox.c.position)
        )
        with self.harness.database.system() as db:
            envelopes = list(db.scalars(wanted))
        mine = [e for e in envelopes if e["company_id"] == str(self.company.id)]
        return mine[1:]


@pytest.fixture
def owned(harness: IdentityHarness) -> OwnedCompany:
    owner = harness.add_user("alice@example.com")
    return OwnedCompany(
        harness, owner, harness.add_company("Aurora Digital GmbH", owner)
    )


def test_a_change_is_kept_and_told_of_in_full(owned: OwnedCompany) -> None:
    wish = owned.wish(
        name="  Aurora SL ",
        address=replace(ELSEWHERE, country="es"),
        time_zone="Atlantic/Canary",
        is_business=False,
    )

    changed = owned.change(wish)

    assert changed == owned.now()
    assert (changed.name, changed.address) == ("Aurora SL", ELSEWHERE)
    assert (changed.time_zone, changed.is_business) == ("Atlantic/Canary", False)
    assert changed.version == owned.company.version + 1
    (event,) = owned.told()
    assert event["version"] == changed.version
    assert event["body"] == as_json(changed)


@pytest.mark.parametrize("role", list(Role))
def test_the_owner_and_admins_change_it_and_nobody_else(
    owned: OwnedCompany, role: Role
) -> None:
    if role in {Role.OWNER, Role.ADMIN}:
        assert owned.change(owned.wish(name="Aurora AG"), role).name == "Aurora AG"
        return
    with pytest.raises(Forbidden, match="permission_missing"):
        owned.change(owned.wish(name="Aurora AG"), role)
    assert owned.now() == owned.company


def test_a_company_that_is_not_there_can_not_be_changed(owned: OwnedCompany) -> None:
    token = owned.harness.principals.user(Role.OWNER, uuid4())

    with pytest.raises(NotFound, match="no_such_company"):
        owned.harness.call(
            identity.companies.CHANGE_COMPANY, owned.wish(name="Mine"), token
        )


def test_what_is_so_already_is_neither_counted_nor_told_of(owned: OwnedCompany) -> None:
    assert owned.change(owned.wish(name=" Aurora Digital GmbH ")) == owned.company
    assert owned.told() == []

    # Nor is it a conflict: both wanted the same.
    owned.change(owned.wish(name="Aurora AG"))
    assert owned.change(owned.wish(name="Aurora AG")).name == "Aurora AG"
    assert len(owned.told()) == 1


def test_who_saw_an_older_version_overwrites_nothing(owned: OwnedCompany) -> None:
    owned.change(owned.wish(name="Aurora AG"))

    for version in (owned.company.version, 0, -1, 3, 10**30):
        with pytest.raises(Conflict, match="company_changed_meanwhile"):
            owned.change(owned.wish(name="Aurora KG", version=version))

    assert owned.now().name == "Aurora AG"
    assert owned.change(owned.wish(name="Aurora KG", version=2)).version == 3


def test_of_several_at_once_one_is_taken(owned: OwnedCompany) -> None:
    def attempt(number: int) -> str:
        try:
            return owned.change(owned.wish(name=f"Aurora {number}")).name
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(4) as people:
        outcomes = list(people.map(attempt, range(4)))

    assert outcomes.count("company_changed_meanwhile") == 3
    assert owned.now().name in outcomes
    assert len(owned.told()) == 1


def test_the_same_form_sent_twice_changes_once(owned: OwnedCompany) -> None:
    wish = owned.wish(name="Aurora AG")

    assert owned.change(wish, key="form") == owned.change(wish, key="form")
    assert len(owned.told()) == 1
    with pytest.raises(Conflict, match="idempotency_key_reused"):
        owned.change(owned.wish(name="Aurora KG"), key="form")


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("x" * 201, "too_long"),
        ("🎷" * 10_000, "too_long"),
        ("nul\0inside", "control_character"),
        ("line\nbreak", "control_character"),
        ("\u202egnp.exe", "control_character"),
    ],
)
@pytest.mark.parametrize("field", TEXTS)
def test_a_bad_text_is_refused_by_its_field(
    owned: OwnedCompany, field: str, bad: str, problem: str
) -> None:
    refusal = _refusal(owned, **{field: bad})

    assert refusal.code == ("bad_name" if field == "name" else "bad_address")
    assert refusal.parameters == {
        "field": field,
        "problem": problem,
        "max_length": 200,
    }


def test_a_postal_code_without_its_zero_gets_it_and_another_one_is_refused(
    owned: OwnedCompany,
) -> None:
    refusal = _refusal(owned, postal_code="350", country="ES")
    assert refusal.code == "bad_postal_code"
    assert refusal.parameters == {
        "field": "postal_code",
        "country": "ES",
        "example": "03501",
    }

    benidorm = replace(ELSEWHERE, postal_code="3501", city="Benidorm", region="")
    assert owned.change(owned.wish(address=benidorm)).address.postal_code == "03501"


@pytest.mark.parametrize("name", ["", "  ", "\u00a0"])
def test_a_company_has_a_name(owned: OwnedCompany, name: str) -> None:
    refusal = _refusal(owned, name=name)

    assert (refusal.code, refusal.parameters["field"]) == ("bad_name", "name")
    assert refusal.parameters["problem"] == "empty"


@pytest.mark.parametrize(
    "name", ["🎷 Söhne", "株式会社", "עברית", "<b>%s {0}", "x" * 200]
)
def test_a_company_has_the_name_it_has(owned: OwnedCompany, name: str) -> None:
    assert owned.change(owned.wish(name=name)).name == name


@pytest.mark.parametrize(
    "country", ["", "XX", "D", "DEU", "ß", "Germany", "x" * 10_000]
)
def test_a_country_is_one_of_the_list(owned: OwnedCompany, country: str) -> None:
    refusal = _refusal(owned, country=country)

    assert refusal.code == "bad_country"
    assert refusal.parameters["field"] == "country"


@pytest.mark.parametrize("zone", ["", "Factory", "Europe/Atlantis", "../etc/passwd"])
def test_a_time_zone_is_one_of_the_list(owned: OwnedCompany, zone: str) -> None:
    refusal = _refusal(owned, time_zone=zone)

    assert refusal.code == "bad_time_zone"
    assert refusal.parameters["field"] == "time_zone"


def test_a_time_zone_that_the_database_is_too_old_for_is_refused(
    owned: OwnedCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = places.time_zones() | {"Mars/Olympus"}
    monkeypatch.setattr(places, "time_zones", lambda: newer)

    assert _refusal(owned, time_zone="Mars/Olympus").code == "bad_time_zone"


def test_a_time_zone_stays_for_a_day(owned: OwnedCompany) -> None:
    moved = owned.change(owned.wish(time_zone="Atlantic/Canary"))
    back = owned.wish(version=moved.version, time_zone=owned.company.time_zone)

    with pytest.raises(InvalidInput, match="time_zone_changed_lately") as refusal:
        owned.change(back)

    assert refusal.value.parameters["field"] == "time_zone"
    owned.harness.clock.move(timedelta(days=1))
    assert owned.change(back).time_zone == owned.company.time_zone


def test_the_database_knows_every_time_zone_that_is_offered(
    owned: OwnedCompany,
) -> None:
    known = text("SELECT name FROM pg_timezone_names")
    with owned.harness.database.system() as db:
        known_here = set(db.scalars(known))

    assert set(places.zone_countries()) <= places.time_zones() & known_here


def _refusal(owned: OwnedCompany, **details: str) -> ContractError:
    """How the company refuses one bad detail; nothing of it is changed by that."""
    in_address = {n: v for n, v in details.items() if n in Address.__struct_fields__}
    others = {n: v for n, v in details.items() if n not in in_address}
    wish = owned.wish(
        address=replace(owned.company.address, **in_address),
        **others,
    )
    with pytest.raises(InvalidInput) as refused:
        owned.change(wish)
    assert owned.now() == owned.company
    assert owned.told() == []
    return refused.value


def test_the_company_is_the_principals_whatever_is_asked(owned: OwnedCompany) -> None:
    arguments = as_json(owned.wish(name="Mine")) | {"company_id": str(UUID(int=7))}

    with pytest.raises(InvalidInput, match="malformed_message"):
        owned.harness.call.raw(
            identity.companies.CHANGE_COMPANY, arguments, owned.token(), "key"
        )
