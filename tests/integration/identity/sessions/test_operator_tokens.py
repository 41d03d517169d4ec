"""Operators: a named person with the local key gets five minutes of all rights."""

from datetime import timedelta
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.contracts import identity
from shared.contracts.actors import UNNAMED, actor_of
from shared.errors import NotFound, Unauthenticated
from shared.permissions import Permission
from shared.principal import Kind, Principal, verify
from tests.fixtures.identity.harness import IdentityHarness

Claims = dict[str, object]


def mint(
    harness: IdentityHarness, assertion: str, company_id: UUID | None = None
) -> str:
    request = identity.signing_in.MintOperatorToken(
        assertion=assertion, company_id=company_id
    )
    return harness.call(identity.signing_in.MINT_OPERATOR_TOKEN, request).principal


def principal_of(harness: IdentityHarness, token: str) -> Principal:
    return verify(token, harness.principals.verify_key, harness.clock.now())


def assertion(
    harness: IdentityHarness,
    changes: Claims | None = None,
    key: Ed25519PrivateKey | None = None,
) -> str:
    issued = int(harness.clock.now().timestamp())
    whole = {
        "name": "Olga",
        "aud": identity.signing_in.ASSERTION_AUDIENCE,
        "jti": str(uuid4()),
        "iat": issued,
        "exp": issued + 60,
    }
    claims = whole | (changes or {})
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key or harness.operator_key, algorithm="EdDSA")


def _jti(words: str) -> object:
    return jwt.decode(words, options={"verify_signature": False})["jti"]


def test_an_assertion_is_exchanged_for_an_operators_principal(
    harness: IdentityHarness,
) -> None:
    token = mint(harness, assertion(harness))

    principal = principal_of(harness, token)
    assert principal.kind is Kind.OPERATOR
    assert (principal.name, principal.is_login_name) == ("Olga", False)
    assert principal.company_id is None
    assert principal.permissions == frozenset(Permission)
    assert harness.call(
        identity.companies.FIND_COMPANIES, identity.companies.FindCompanies(), token
    )


def test_a_login_name_is_not_for_customers(harness: IdentityHarness) -> None:
    token = mint(harness, assertion(harness, {"name": "root", "login_name": True}))

    principal = principal_of(harness, token)
    assert principal.name == "root"
    assert actor_of(principal) == UNNAMED


def test_an_operator_can_act_for_one_company_that_exists(
    harness: IdentityHarness,
) -> None:
    aurora = harness.add_company("Aurora", harness.add_user("alice@example.com"))

    token = mint(harness, assertion(harness), aurora.id)

    shown = harness.call(
        identity.companies.GET_COMPANY, identity.companies.GetCompany(), token
    )
    assert shown == aurora
    with pytest.raises(NotFound, match="no_such_company"):
        mint(harness, assertion(harness), uuid4())


def test_an_assertion_is_taken_once(harness: IdentityHarness) -> None:
    words = assertion(harness)
    mint(harness, words)

    with pytest.raises(Unauthenticated, match="assertion_forged"):
        mint(harness, words)
    with pytest.raises(Unauthenticated, match="assertion_forged"):
        mint(harness, assertion(harness, {"name": "Boris", "jti": _jti(words)}))


def test_an_assertion_is_good_for_sixty_seconds(harness: IdentityHarness) -> None:
    words = assertion(harness)
    harness.clock.move(timedelta(seconds=59))
    mint(harness, words)
    harness.clock.move(timedelta(seconds=1))

    with pytest.raises(Unauthenticated, match="assertion_expired"):
        mint(harness, words)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"aud": None},
        {"aud": "client-area"},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 101},
        {"name": ""},
        {"name": 7},
        {"name": "Olga\0"},
        {"name": "x" * 10_000},
        {"iat": None},
        {"exp": None},
        {"iat": "yesterday"},
        {"exp": 10**400},
        {"exp": float("inf")},
        {"exp": 10**11},
        {"iat": 0},
        {"iat": 10**11, "exp": 10**11 + 60},
    ],
)
def test_an_assertion_that_says_too_little_or_too_much_is_refused(
    harness: IdentityHarness, changes: Claims
) -> None:
    with pytest.raises(Unauthenticated, match="assertion_forged"):
        mint(harness, assertion(harness, changes))


def test_nobody_elses_key_makes_an_operator(harness: IdentityHarness) -> None:
    now = harness.clock.now()
    claims = {"name": "Olga", "iat": int(now.timestamp()), "exp": 2**40}
    unsigned = jwt.encode(claims, "", algorithm="none")
    with_a_password = jwt.encode(claims, "x" * 32, algorithm="HS256")

    for words in (
        assertion(harness, key=Ed25519PrivateKey.generate()),
        assertion(harness, key=harness.principals.signing_key),
        harness.principals.operator(),
        unsigned,
        with_a_password,
        "",
        "\0",
        "x" * 10_000,
        "\U0001f511.\U0001f511.\U0001f511",
    ):
        with pytest.raises(Unauthenticated, match="assertion_forged"):
            mint(harness, words)
