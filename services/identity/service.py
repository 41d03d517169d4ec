"""Identity: the methods of its rooms, which `surface` has, and its jobs."""

from datetime import timedelta
from typing import ClassVar

from argon2 import PasswordHasher

from services.identity.mailed_links import MailedLinks
from services.identity.people.passwords import ARGON2, PasswordHashing
from services.identity.settings import IdentitySettings
from services.identity.signing_in import sessions, throttle
from services.identity.signing_in.logins import Logins
from services.identity.surface.companies import CompanyMethods
from services.identity.surface.people import PeopleMethods
from services.identity.surface.signing_in import SigningInMethods
from shared.contract import ServiceContract
from shared.contracts import identity
from shared.db.database import Database
from shared.rpc.service import Job
from shared.runtime import Runtime


class IdentityService(SigningInMethods, PeopleMethods, CompanyMethods):
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
        self._links = MailedLinks(settings.signing_key)
        self._logins = Logins(database, runtime, self._hashing, self._signing_key)

    def jobs(self) -> tuple[Job, ...]:
        return (
            Job("forget_old_failures", timedelta(minutes=5), self._forget_failures),
            Job("forget_old_sessions", timedelta(hours=1), self._forget_sessions),
        )

    def _forget_failures(self, _request_id: str) -> None:
        with self.database.system() as db:
            throttle.forget_old_failures(db, self.runtime.clock.now())

    def _forget_sessions(self, _request_id: str) -> None:
        with self.database.system() as db:
            sessions.forget_old_sessions(db, self.runtime.clock.now())
