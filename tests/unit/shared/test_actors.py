"""Who did something, as a customer may see it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.contracts.actors import UNNAMED, Actor, ActorKind, actor_of, read_actor
from shared.principal import Kind, Principal, system

NORA = Principal(
    kind=Kind.OPERATOR,
    name="Nora",
    permissions=frozenset(),
    expires_at=datetime(2026, 3, 1, tzinfo=UTC),
)
AUTOMATIC = Actor(kind=ActorKind.AUTOMATIC)


@pytest.mark.parametrize(
    ("principal", "actor"),
    [
        (NORA, Actor(kind=ActorKind.SUPPORT, name="Nora")),
        (replace(NORA, is_login_name=True), UNNAMED),
        (replace(NORA, kind=Kind.USER), Actor(kind=ActorKind.PERSON, name="Nora")),
        (system("billing"), AUTOMATIC),
    ],
)
def test_programs_and_logins_are_never_named(
    principal: Principal, actor: Actor
) -> None:
    assert actor_of(principal) == actor
    columns = actor.columns
    read = read_actor(columns["actor_kind"], columns["actor_name"], principal.name)
    assert read == actor


@pytest.mark.parametrize(
    ("who", "actor"),
    [
        ("billing", AUTOMATIC),
        ("stripe", AUTOMATIC),
        ("system:billing", AUTOMATIC),
        ("import", AUTOMATIC),
        ("root", UNNAMED),
        ("j.doe-2", UNNAMED),
        ("", UNNAMED),
        ("Nora (support)", Actor(kind=ActorKind.PERSON, name="Nora (support)")),
        ("ada@example.com", Actor(kind=ActorKind.PERSON, name="ada@example.com")),
    ],
)
def test_of_old_rows_only_what_must_be_a_persons_name_is_shown(
    who: str, actor: Actor
) -> None:
    assert read_actor("", "", who) == actor
