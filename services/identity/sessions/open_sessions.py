"""Where a user is signed in, as they see it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity.models.signing_in import LoginSession
from services.identity.sessions.addresses import shorten
from services.identity.sessions.sessions import is_live
from services.identity.sessions.user_agents import read_user_agent
from shared.contracts import identity


def list_open(
    db: Session, user_id: UUID, current_id: UUID, now: datetime
) -> identity.sessions.OpenSessions:
    """Where a user is signed in: the current session, then those last seen."""
    rows = db.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == user_id, *is_live(now))
        .order_by(
            LoginSession.id != current_id,
            LoginSession.last_seen_at.desc(),
            LoginSession.id,
        )
    )
    return identity.sessions.OpenSessions(
        sessions=[_view_open(row, current_id) for row in rows]
    )


def _view_open(row: LoginSession, current_id: UUID) -> identity.sessions.OpenSession:
    agent = read_user_agent(row.user_agent)
    return identity.sessions.OpenSession(
        session_id=row.id,
        browser=agent.browser,
        system=agent.system,
        network=shorten(row.address),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        is_current=row.id == current_id,
    )
