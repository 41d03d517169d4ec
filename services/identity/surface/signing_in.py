"""Logging in and out, login links, and tokens of operators."""

import dataclasses

from msgspec.structs import replace

from services.identity.companies import companies
from services.identity.factors import protection
from services.identity.models.mailed_links import LinkKind
from services.identity.people import users
from services.identity.recording import record_of
from services.identity.sessions import principals, sessions
from services.identity.signing_in import login_links
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts import identity
from shared.principal import sign
from shared.rpc.call import Call
from shared.rpc.service import handles


class SigningInMethods(RoomMethods, is_part=True):
    @handles(identity.signing_in.LOG_IN)
    def log_in(
        self, call: Call, request: identity.signing_in.LogIn
    ) -> identity.signing_in.LoggedIn:
        return self._logins.log_in(request, call)

    @handles(identity.signing_in.RESUME_SESSION)
    def resume_session(
        self, call: Call, request: identity.signing_in.ResumeSession
    ) -> identity.signing_in.Session:
        with self.database.system() as db:
            signed_in = sessions.resume_session(
                db, request.token, call.now, polling=request.polling
            )
            company = signed_in.company_for(request.company_id)
            view = sessions.view(db, signed_in, company, self._signing_key, call.now)
            if not request.with_protection:
                return view
            found = protection.of_user(db, signed_in.user, company)
            return replace(view, protection=found)

    @handles(identity.signing_in.SWITCH_COMPANY)
    def switch_company(
        self, call: Call, request: identity.signing_in.SwitchCompany
    ) -> identity.signing_in.Session:
        with self.database.system() as db:
            signed_in = sessions.resume_session(
                db, request.token, call.now, polling=False
            )
            company = sessions.switch_company(signed_in, request.company_id)
            record_of(self.change(db, call), signed_in.user, signed_in.row.id)
            return sessions.view(db, signed_in, company, self._signing_key, call.now)

    @handles(identity.signing_in.LOG_OUT)
    def log_out(self, call: Call, request: identity.signing_in.LogOut) -> Nothing:
        with self.database.system() as db:
            change = self.change(db, call)
            for session in sessions.end_session(change, request.token):
                user = users.get_user(db, session.user_id)
                record_of(change, user, session.id)
        return Nothing()

    @handles(identity.login_links.ASK_FOR_LOGIN_LINK)
    def ask_for_login_link(
        self, call: Call, request: identity.login_links.AskForLoginLink
    ) -> Nothing:
        with self.database.system() as db:
            login_links.ask_for_link(self.change(db, call), self._limits, request)
        self._links_asked.set()
        return Nothing()

    @handles(identity.login_links.SHOW_LOGIN_LINK)
    def show_login_link(
        self, call: Call, request: identity.login_links.ShowLoginLink
    ) -> identity.login_links.LoginLink:
        with self.database.system() as db:
            link = self._links.find(db, LinkKind.LOG_IN, request.token, call.now)
            email = users.get_user(db, link.owner_id).email
            return identity.login_links.LoginLink(email=email)

    @handles(identity.signing_in.GET_LOG_MARKS)
    def get_log_marks(
        self, _call: Call, request: identity.signing_in.GetLogMarks
    ) -> identity.signing_in.LogMarks:
        return self._logins.marks.of(request.email, request.address)

    @handles(identity.signing_in.MINT_OPERATOR_TOKEN)
    def mint_operator_token(
        self, call: Call, request: identity.signing_in.MintOperatorToken
    ) -> identity.signing_in.OperatorToken:
        assertion = principals.read_assertion(
            request.assertion, self._operator_key, call.now
        )
        with self.database.system() as db:
            principals.use_assertion(db, call, assertion)
        if request.company_id is not None:
            with self.database.company(request.company_id) as db:
                companies.get_company(db, request.company_id)
        operator = principals.of_operator(assertion, request.company_id, call.now)
        self.record(dataclasses.replace(call, principal=operator))
        return identity.signing_in.OperatorToken(
            principal=sign(operator, self._signing_key), expires_at=operator.expires_at
        )
