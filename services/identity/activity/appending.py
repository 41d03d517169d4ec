"""Append what the services tell of people's acts to the trail."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity.models.activity import Activity
from services.identity.models.signing_in import LoginSession
from services.identity.sessions.addresses import shorten
from services.identity.sessions.user_agents import read_user_agent
from shared import contract
from shared.contracts.actors import ActorKind
from shared.db.events import Envelope
from shared.principal import Kind

_ACTORS = {
    Kind.USER.value: ActorKind.PERSON,
    Kind.OPERATOR.value: ActorKind.SUPPORT,
}

_Origin = dict[str, str]
"""Where from and by what a session was opened, as the trail keeps it."""

_UNKNOWN: _Origin = {"network": "", "browser": "", "system": ""}


def append(db: Session, envelopes: Sequence[Envelope[contract.Activity]]) -> None:
    """Append acts, each once, with where their sessions are from."""
    origins = _origins(db, {each.body.session_id for each in envelopes})
    rows = [_row(each, origins) for each in envelopes]
    db.execute(insert(Activity).on_conflict_do_nothing(), rows)


def _origins(
    db: Session, session_ids: Iterable[UUID | None]
) -> Mapping[UUID | None, _Origin]:
    wanted = [each for each in session_ids if each is not None]
    if not wanted:
        return {}
    query = select(LoginSession.id, LoginSession.address, LoginSession.user_agent)
    found = db.execute(query.where(LoginSession.id.in_(wanted)))
    return {id_: _origin(address, header) for id_, address, header in found}


def _origin(address: str, user_agent: str) -> _Origin:
    agent = read_user_agent(user_agent)
    network = shorten(address)
    return {"network": network, "browser": agent.browser, "system": agent.system}


def _row(
    envelope: Envelope[contract.Activity], origins: Mapping[UUID | None, _Origin]
) -> dict[str, Any]:
    body = envelope.body
    return {
        "id": envelope.id,
        "at": envelope.at,
        "company_id": envelope.company_id,
        "user_id": body.user_id,
        "actor_kind": _ACTORS[body.actor_kind],
        "actor_name": body.actor_name,
        "method": f"{envelope.source}.{body.method}",
        "recorded": body.recorded,
        "session_id": body.session_id,
        "request_id": envelope.request_id,
        **origins.get(body.session_id, _UNKNOWN),
    }
