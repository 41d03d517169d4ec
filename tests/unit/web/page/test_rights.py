"""Which principals are used no more once an event says that rights have changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from shared.clock import ManualClock
from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.identity.memberships import Role
from shared.principal import LIFETIME, Kind, Principal
from web.page.freshness.changes import Changes

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COMPANY, OTHER_COMPANY, USER, OTHER_USER = uuid4(), uuid4(), uuid4(), uuid4()
VIEWER = Principal(
    kind=Kind.USER,
    name="Ada",
    permissions=frozenset(),
    expires_at=NOW + LIFETIME - timedelta(minutes=1),
    user_id=USER,
    company_id=COMPANY,
    role=Role.VIEWER.value,
)


def member(role: Role | None, **more: object) -> tuple[str, Mapping[str, object]]:
    body = {"company_id": COMPANY, "user_id": USER, "role": role}
    return "membership_changed", {**body, **more}


def company(**more: object) -> tuple[str, Mapping[str, object]]:
    known = {"id": COMPANY, "name": "Ada", "address": {"country": "DE"}}
    return "company_changed", {**known, "time_zone": "UTC", "is_business": True, **more}


def factor(user: object) -> tuple[str, Mapping[str, object]]:
    return "two_factor_changed", {"user_id": user, "is_on": False}


@pytest.mark.parametrize(
    ("event", "is_old"),
    [
        (member(None), True),
        (member(Role.OWNER), True),
        (member(Role.VIEWER), False),
        (member(None, user_id=OTHER_USER), False),
        (member(None, company_id=OTHER_COMPANY), False),
        (company(), False),
        (company(requires_two_factor=True), True),
        (company(requires_two_factor=True, id=OTHER_COMPANY), False),
        (company(standing=Standing.LOCKED), True),
        (company(standing=Standing.CLOSED), True),
        (factor(USER), True),
        (factor(OTHER_USER), False),
    ],
)
def test_a_principal_is_old_once_an_event_says_otherwise(
    *, event: tuple[str, Mapping[str, object]], is_old: bool
) -> None:
    changes = Changes(ManualClock(NOW))

    _receive(changes, event)

    assert changes.rights.have_changed(VIEWER) is is_old


def test_one_made_since_is_used_and_an_older_event_changes_nothing() -> None:
    changes, later = Changes(ManualClock(NOW)), timedelta(minutes=1)
    made_later = replace(VIEWER, expires_at=NOW + later + LIFETIME)
    for event in (member(Role.VIEWER), company(requires_two_factor=True), factor(USER)):
        _receive(changes, event, version=2)
    _receive(changes, member(None), version=1)

    assert changes.rights.have_changed(VIEWER)
    assert not changes.rights.have_changed(made_later)


def test_a_company_that_is_unlocked_gives_its_rights_back_at_once() -> None:
    clock = ManualClock(NOW)
    changes, soon = Changes(clock), timedelta(minutes=1)
    made_while_locked = replace(VIEWER, expires_at=NOW + soon + LIFETIME)
    _receive(changes, company(standing=Standing.LOCKED))
    assert not changes.rights.have_changed(made_while_locked)

    clock.move(2 * soon)
    _receive(changes, company(), version=2)

    assert changes.rights.have_changed(made_while_locked)


def _receive(changes: Changes, event: tuple[str, Any], version: int = 1) -> None:
    name, body = event
    envelope = {
        "source": "identity",
        "company_id": COMPANY,
        "name": name,
        "version": version,
        "body": body,
    }
    written = msgspec.json.encode(envelope)
    changes.note("identity", COMPANY)
    assert changes.is_news(written)
    changes.receive(written)
