"""Call services as an operator, proved by the local key file."""

import getpass
import uuid
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import jwt

from shared.clock import Clock
from shared.contract import Method, RequestT, ResponseT
from shared.contracts import identity
from shared.principal import load_private_key
from shared.rpc.client import CallContext, ServiceClient, call

ASSERTION_LIFETIME = timedelta(seconds=60)
TIMEOUT_S = 300.0
"""Operators' calls may move much data, and no page waits for them."""


def new_key() -> str:
    """Return a new idempotency key."""
    return uuid.uuid4().hex


class Operator:
    """Calls services as a named operator and renews the principal.

    Without a ``name``, the operator is known by the name of their login, which
    customers are not shown.
    """

    def __init__(
        self, client: ServiceClient, key_file: Path, clock: Clock, name: str = ""
    ) -> None:
        self._client = client
        self._key = load_private_key(key_file)
        self._clock = clock
        self._name = name or getpass.getuser()
        self._is_login_name = not name
        self._tokens: dict[UUID | None, identity.signing_in.OperatorToken] = {}

    def call(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        key: str | None = None,
        company_id: UUID | None = None,
    ) -> ResponseT:
        """Call once, with an idempotency ``key`` or a new one.

        With ``company_id``, also customers' methods can be called, for that company.

        Raises:
            ContractError: the service's refusal.
        """
        context = CallContext(
            request_id=uuid.uuid4().hex[:16],
            principal=self._principal(company_id),
            idempotency_key=key or new_key(),
            timeout_s=TIMEOUT_S,
        )
        return call(self._client, method, request, context)

    def _principal(self, company_id: UUID | None) -> str:
        now = self._clock.now()
        token = self._tokens.get(company_id)
        if token is None or token.expires_at < now + ASSERTION_LIFETIME:
            claims = {
                "name": self._name,
                "login_name": self._is_login_name,
                "aud": identity.signing_in.ASSERTION_AUDIENCE,
                "iat": int(now.timestamp()),
                "exp": int((now + ASSERTION_LIFETIME).timestamp()),
                "jti": uuid.uuid4().hex,
            }
            assertion = jwt.encode(claims, self._key, algorithm="EdDSA")
            context = CallContext(request_id=uuid.uuid4().hex[:16], timeout_s=TIMEOUT_S)
            token = call(
                self._client,
                identity.signing_in.MINT_OPERATOR_TOKEN,
                identity.signing_in.MintOperatorToken(
                    assertion=assertion, company_id=company_id
                ),
                context,
            )
            self._tokens[company_id] = token
        return token.principal
