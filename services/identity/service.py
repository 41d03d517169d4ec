"""Identity's RPC surface: each method decodes, calls its topic's module, encodes."""

from datetime import timedelta
from typing import ClassVar

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from services.identity import companies, memberships
from services.identity.people import users, verification
from services.identity.people.passwords import ARGON2, PasswordHashing
from services.identity.settings import IdentitySettings
from services.identity.signing_in import principals, sessions, throttle
from services.identity.signing_in.logins import Logins
from shared.contract import Nothing, ServiceContract
from shared.contracts import identity
from shared.db.database import Database
from shared.principal import sign
from shared.rpc.call import Call
from shared.rpc.service import Job, Service, handles, in_transaction
from shared.runtime import Runtime


class IdentityService(Service):
    """People, companies, memberships, sessions."""

    contract: ClassVar[ServiceContract] = identity.CONTRACT

    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        settings: IdentitySettings,
        hasher: PasswordHasher = ARGON2,
    ) -> None:
        super().__init__(database, runtime)
        self._signing_key = settings.signing_key
        self._operator_key = settings.operator_key
        self._hashing = PasswordHashing(hasher, runtime.random)
        self._logins = Logins(database, runtime, self._hashing, self._signing_key)

    @handles(identity.signing_in.LOG_IN)
    def log_in(
        self, call: Call, request: identity.signing_in.LogIn
    ) -> identity.signing_in.Session:
        return self._logins.log_in(request, call.now)

    @handles(identity.signing_in.RESUME_SESSION)
    def resume_session(
        self, call: Call, request: identity.signing_in.ResumeSession
    ) -> identity.signing_in.Session:
        with self.database.system() as db:
            signed_in = sessions.resume_session(
                db, request.token, call.now, polling=request.polling
            )
            company = signed_in.company_for(request.company_id)
            return sessions.view(db, signed_in, company, self._signing_key, call.now)

    @handles(identity.signing_in.SWITCH_COMPANY)
    def switch_company(
        self, call: Call, request: identity.signing_in.SwitchCompany
    ) -> identity.signing_in.Session:
        with self.database.system() as db:
            signed_in = sessions.resume_session(
                db, request.token, call.now, polling=False
            )
            company = sessions.switch_company(signed_in, request.company_id)
            return sessions.view(db, signed_in, company, self._signing_key, call.now)

    @handles(identity.signing_in.LOG_OUT)
    def log_out(self, call: Call, request: identity.signing_in.LogOut) -> Nothing:
        with self.database.system() as db:
            sessions.end_session(self.change(db, call), request.token)
        return Nothing()

    @handles(identity.signing_in.GET_LOG_MARKS)
    def get_log_marks(
        self, _call: Call, request: identity.signing_in.GetLogMarks
    ) -> identity.signing_in.LogMarks:
        return self._logins.marks.of(request.email, request.address)

    @handles(identity.people.GET_ACCOUNT)
    def get_account(
        self, call: Call, _request: identity.people.GetAccount
    ) -> identity.people.Account:
        # A person's account spans their companies, so it is read for the system, but
        # by the principal's own user id alone.
        with self.database.system() as db:
            principal = call.principal
            return users.get_account(db, principal.user_id, principal.company_id)

    @in_transaction(identity.companies.GET_COMPANY)
    def get_company(
        self, db: Session, call: Call, _request: identity.companies.GetCompany
    ) -> identity.companies.Company:
        company_id = call.principal.require_company()
        return companies.view(companies.get_company(db, company_id))

    @in_transaction(identity.companies.CHANGE_COMPANY)
    def change_company(
        self, db: Session, call: Call, request: identity.companies.ChangeCompany
    ) -> identity.companies.Company:
        return companies.change_company(self.change(db, call), request)

    @in_transaction(identity.memberships.LIST_MEMBERS)
    def list_members(
        self, db: Session, _call: Call, _request: identity.memberships.ListMembers
    ) -> identity.memberships.Members:
        return identity.memberships.Members(members=memberships.list_members(db))

    @in_transaction(identity.people.CREATE_USER)
    def create_user(
        self, db: Session, call: Call, request: identity.people.CreateUser
    ) -> identity.people.User:
        user_id = self.runtime.new_id()
        return users.create_user(db, request, user_id, self._hash_password, call.now)

    @in_transaction(identity.people.SET_VERIFICATION)
    def set_verification(
        self, db: Session, call: Call, request: identity.people.SetVerification
    ) -> identity.people.Verification:
        users.get_user(db, request.user_id)
        return verification.set_step(db, request, call.now)

    @in_transaction(identity.companies.CREATE_COMPANY)
    def create_company(
        self, db: Session, call: Call, request: identity.companies.CreateCompany
    ) -> identity.companies.Company:
        return companies.create_company(self.change(db, call), request)

    @in_transaction(identity.memberships.ADD_MEMBER)
    def add_member(
        self, db: Session, call: Call, request: identity.memberships.AddMember
    ) -> identity.memberships.Membership:
        companies.get_company(db, request.company_id)
        users.get_user(db, request.user_id)
        return memberships.add_member(self.change(db, call), request)

    @in_transaction(identity.companies.FIND_COMPANIES)
    def find_companies(
        self, db: Session, _call: Call, request: identity.companies.FindCompanies
    ) -> identity.companies.Companies:
        return identity.companies.Companies(
            companies=companies.find_companies(db, request)
        )

    @in_transaction(identity.companies.REPUBLISH_COMPANIES)
    def republish_companies(
        self, db: Session, call: Call, request: identity.companies.RepublishCompanies
    ) -> identity.companies.Republished:
        return companies.republish_companies(self.change(db, call), request)

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
        return identity.signing_in.OperatorToken(
            principal=sign(operator, self._signing_key), expires_at=operator.expires_at
        )

    def jobs(self) -> tuple[Job, ...]:
        return (
            Job("forget_old_failures", timedelta(minutes=5), self._forget_failures),
            Job("forget_old_sessions", timedelta(hours=1), self._forget_sessions),
        )

    def _hash_password(self, password: str) -> str:
        return self.runtime.offload(lambda: self._hashing.keep(password))

    def _forget_failures(self, _request_id: str) -> None:
        with self.database.system() as db:
            throttle.forget_old_failures(db, self.runtime.clock.now())

    def _forget_sessions(self, _request_id: str) -> None:
        with self.database.system() as db:
            sessions.forget_old_sessions(db, self.runtime.clock.now())
