"""Where somebody is signed in, ending it, and proving again who one is."""

from sqlalchemy.orm import Session

from services.identity.people import users
from services.identity.people.emails import normalise_or_empty
from services.identity.sessions import open_sessions, sessions
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts import identity
from shared.errors import NotFound
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class SessionMethods(RoomMethods, is_part=True):
    @handles(identity.sessions.PROVE)
    def prove(
        self, call: Call, request: identity.sessions.Prove
    ) -> identity.signing_in.Session:
        return self._proofs.prove(request, call)

    @in_transaction(identity.sessions.LIST_SESSIONS)
    def list_sessions(
        self, db: Session, call: Call, _request: identity.sessions.ListSessions
    ) -> identity.sessions.OpenSessions:
        caller = call.principal
        return open_sessions.list_open(db, caller.user_id, caller.session_id, call.now)

    @in_transaction(identity.sessions.END_SESSION)
    def end_session(
        self, db: Session, call: Call, request: identity.sessions.EndSession
    ) -> Nothing:
        change = self.change(db, call)
        sessions.end_one_session(change, call.principal.user_id, request.session_id)
        return Nothing()

    @in_transaction(identity.sessions.END_OTHER_SESSIONS)
    def end_other_sessions(
        self, db: Session, call: Call, _request: identity.sessions.EndOtherSessions
    ) -> identity.sessions.EndedSessions:
        principal = call.principal
        count = sessions.end_sessions_of(
            self.change(db, call), principal.user_id, but=principal.session_id
        )
        return identity.sessions.EndedSessions(count=count)

    @in_transaction(identity.sessions.END_SESSIONS_OF)
    def end_sessions_of(
        self, db: Session, call: Call, request: identity.sessions.EndSessionsOf
    ) -> identity.sessions.EndedSessions:
        user = users.find_user_by_email(db, normalise_or_empty(request.email))
        if user is None:
            raise NotFound("no_such_user")
        count = sessions.end_sessions_of(self.change(db, call), user.id)
        return identity.sessions.EndedSessions(count=count)

    @in_transaction(identity.sessions.END_SOME_SESSIONS)
    def end_some_sessions(
        self, db: Session, call: Call, _request: identity.sessions.EndSomeSessions
    ) -> identity.sessions.EndedSessions:
        count = sessions.end_some_sessions(self.change(db, call))
        return identity.sessions.EndedSessions(count=count)
