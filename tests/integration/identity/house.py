"""An identity service with a standing clock and people to put into it."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.identity.service import IdentityService
from shared.clock import ManualClock
from shared.contracts import identity
from shared.contracts.identity import Role
from shared.db.database import Database
from shared.principal import Principal, verify
from shared.rpc.dispatch import Dispatcher
from shared.runtime import Runtime
from tests.fixtures.direct_calls import DirectCalls
from tests.fixtures.hashing import QUICK_HASHER
from tests.fixtures.principals import Principals

Result = TypeVar("Result")

START = datetime(2026, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)
PASSWORD = "demo-Client-Area-1"
ADDRESS = "203.0.113.7"


class CountingOffload:
    """Runs at once and counts; ``before`` is called before each run."""

    def __init__(self) -> None:
        self.count = 0
        self.before: Callable[[], object] = lambda: None
        self._lock = threading.Lock()

    def __call__(self, function: Callable[[], Result], /) -> Result:
        with self._lock:
            self.count += 1
        self.before()
        return function()


@dataclass
class House:
    database: Database
    clock: ManualClock
    offload: CountingOffload
    principals: Principals
    operator_key: Ed25519PrivateKey
    call: DirectCalls = field(init=False)
    service: IdentityService = field(init=False)

    @classmethod
    def build(cls, database: Database) -> "House":
        house = cls(
            database=database,
            clock=ManualClock(START),
            offload=CountingOffload(),
            principals=Principals(START),
            operator_key=Ed25519PrivateKey.generate(),
        )
        house.start(QUICK_HASHER)
        return house

    def start(self, hasher: PasswordHasher) -> None:
        """Start the service, as after a deployment with other hash parameters."""
        self.service = IdentityService(
            self.database,
            Runtime(self.clock, random.Random(7), self.offload),
            self.principals.signing_key,
            self.operator_key.public_key(),
            hasher,
        )
        self.call = DirectCalls(Dispatcher(self.service, self.principals.verify_key))

    def add_user(self, email: str, name: str = "Alice Example") -> identity.User:
        request = identity.CreateUser(email=email, name=name, password=PASSWORD)
        return self.call(identity.CREATE_USER, request, self.principals.operator())

    def add_company(self, name: str, owner: identity.User) -> identity.Company:
        request = identity.CreateCompany(
            name=name,
            address=identity.Address(country="DE", city="Berlin"),
            owner_id=owner.id,
            time_zone="Europe/Berlin",
        )
        return self.call(identity.CREATE_COMPANY, request, self.principals.operator())

    def add_member(self, company_id: UUID, user_id: UUID, role: Role) -> None:
        request = identity.AddMember(company_id=company_id, user_id=user_id, role=role)
        self.call(identity.ADD_MEMBER, request, self.principals.operator())

    def add_owner(self, email: str, company: str) -> identity.User:
        """A user with a company of their own."""
        user = self.add_user(email)
        self.clock_tick()
        self.add_company(company, user)
        return user

    def clock_tick(self) -> None:
        """Let a moment pass, so that what follows is later."""
        self.clock.move(timedelta(milliseconds=1))

    def log_in(
        self, email: str, password: str = PASSWORD, address: str = ADDRESS
    ) -> identity.Session:
        request = identity.LogIn(email=email, password=password, address=address)
        return self.call(identity.LOG_IN, request)

    def resume(
        self, token: str, company_id: UUID | None = None, *, polling: bool = False
    ) -> identity.Session:
        request = identity.ResumeSession(
            token=token, company_id=company_id, polling=polling
        )
        return self.call(identity.RESUME_SESSION, request)

    def principal_of(self, session: identity.Session) -> Principal:
        now = self.clock.now()
        return verify(session.principal, self.principals.verify_key, now)
