"""Input of any kind gets an answer by its name, never a fault."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from shared.contract import Method
from shared.contracts import identity
from shared.errors import ContractError, InvalidInput
from shared.permissions import Permission
from tests.fixtures.direct_calls import as_json
from tests.fixtures.identity.harness import LISTED, PASSWORD, IdentityHarness
from tests.fixtures.properties import over_database

HOSTILE = [
    "x" * 10_000,
    "nul\0inside",
    "\ud800",
    "line\nbreak",
    "\u202egnp.exe",
    "",
    "   ",
]
NAMES = [
    "Zoë",
    "עברית",
    "محمد",
    "👩‍👩‍👧‍👦 & Söhne",
    "株式会社",
    "O'Brien <b>",
    "%s {0}",
]
ANYTHING = st.text(st.characters(), max_size=400)


@pytest.fixture(autouse=True)
def _plain_logs(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    logged = capsys.readouterr()
    assert PASSWORD not in logged.out + logged.err
    assert "alice@example.com" not in logged.out + logged.err


@pytest.mark.parametrize("name", NAMES)
def test_people_and_companies_have_the_names_they_have(
    harness: IdentityHarness, name: str
) -> None:
    user = harness.add_user("alice@example.com", name)
    company = harness.add_company(name, user)

    assert user.name == name
    assert company.name == name
    assert harness.principal_of(harness.log_in("alice@example.com")).name == name


@pytest.mark.parametrize("field", ["email", "password"])
def test_signing_in_with_anything_is_just_wrong(
    harness: IdentityHarness, field: str
) -> None:
    harness.add_owner("alice@example.com", "Aurora")
    good = {"email": "alice@example.com", "password": "wrong", "address": "192.0.2.1"}

    for text in HOSTILE:
        found = refusal(harness, identity.signing_in.LOG_IN, good | {field: text})
        assert found == "wrong_credentials", text


def test_where_a_sign_in_comes_from_does_not_decide_it(
    harness: IdentityHarness,
) -> None:
    harness.add_owner("alice@example.com", "Aurora")
    good = {"email": "alice@example.com", "password": PASSWORD}

    for text in HOSTILE:
        login = good | {"address": text, "user_agent": text}
        assert refusal(harness, identity.signing_in.LOG_IN, login) is None, text


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("email", "bad_email"),
        ("name", "bad_name"),
        ("locale", "bad_locale"),
        ("time_zone", "bad_time_zone"),
    ],
)
def test_a_user_is_not_made_of_anything(
    harness: IdentityHarness, field: str, code: str
) -> None:
    request = identity.people.CreateUser(
        email="alice@example.com", name="Alice", password=PASSWORD
    )
    operator = harness.principals.operator()

    for text in HOSTILE:
        arguments = as_json(request) | {field: text}
        found = refusal(harness, identity.people.CREATE_USER, arguments, operator)
        assert found == expected(text, code), text


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("name", "bad_name"),
        ("time_zone", "bad_time_zone"),
        ("street", "bad_address"),
        ("country", "bad_country"),
    ],
)
def test_a_company_is_not_made_of_anything(
    harness: IdentityHarness, field: str, code: str
) -> None:
    owner = harness.add_user("alice@example.com")
    request = identity.companies.CreateCompany(
        name="Aurora",
        address=identity.companies.Address(country="DE"),
        owner_id=owner.id,
    )
    operator = harness.principals.operator()

    for text in HOSTILE[:5]:
        arguments: dict[str, Any] = as_json(request)
        is_address = field in arguments["address"]
        (arguments["address"] if is_address else arguments)[field] = text
        found = refusal(harness, identity.companies.CREATE_COMPANY, arguments, operator)
        assert found == expected(text, code), text


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-one", "password_too_short"),
        ("x" * 201, "password_too_long"),
        ("x" * 10_000, "password_too_long"),
        ("x" * 200, "password_guessable"),
        (LISTED, "password_common"),
        ("Alice-2026-example", "password_of_context_words"),
        ("nul\0 \u202e \n 👩‍👩‍👧‍👦", None),
    ],
)
def test_a_password_is_anything_that_is_hard_to_guess(
    harness: IdentityHarness, password: str, code: str | None
) -> None:
    arguments = {"email": "alice@example.com", "name": "Alice", "password": password}

    found = refusal(
        harness, identity.people.CREATE_USER, arguments, harness.principals.operator()
    )

    assert found == code
    if code is None:
        with pytest.raises(ContractError, match="no_company"):
            harness.log_in("alice@example.com", password)


@over_database(30)
@given(email=ANYTHING, password=ANYTHING, name=ANYTHING, address=ANYTHING)
def test_no_text_whatever_makes_a_fault(
    harness: IdentityHarness, email: str, password: str, name: str, address: str
) -> None:
    login = {"email": email, "password": password, "address": address}
    user = {"email": email, "password": password, "name": name}
    company = {"name": name, "address": {"country": email}, "owner_id": address}
    operator = harness.principals.operator()

    refusal(harness, identity.signing_in.LOG_IN, login | {"user_agent": name})
    refusal(
        harness,
        identity.signing_in.RESUME_SESSION,
        {"token": email, "company_id": name},
    )
    refusal(harness, identity.signing_in.LOG_OUT, {"token": email})
    refusal(harness, identity.people.CREATE_USER, user, operator)
    refusal(harness, identity.companies.CREATE_COMPANY, company, operator)
    refusal(harness, identity.companies.FIND_COMPANIES, {"name": name}, operator)
    refusal(harness, identity.signing_in.MINT_OPERATOR_TOKEN, {"assertion": email})


PUBLIC = [
    each for each in identity.CONTRACT.methods if each.permission is Permission.PUBLIC
]
OTHER_ARGUMENTS = {
    "proof": {"type": "password", "password": "x"},
    "company_id": str(uuid4()),
}


@pytest.mark.parametrize("method", PUBLIC, ids=str)
def test_anybody_may_send_anything(
    harness: IdentityHarness, method: Method[Any, Any]
) -> None:
    harness.add_owner("alice@example.com", "Aurora")
    texts = [each.name for each in fields(method.request) if each.type is str]
    needed = {each.name for each in fields(method.request) if each.required}
    others = {name: it for name, it in OTHER_ARGUMENTS.items() if name in needed}

    for text in [*HOSTILE, "é" * 96, "{" * 96, "alice@example.com"]:
        refusal(harness, method, others | dict.fromkeys(texts, text))


def refusal(
    harness: IdentityHarness,
    method: Method[Any, Any],
    arguments: object,
    principal: str | None = None,
) -> str | None:
    """The code a call is refused with; None when it is answered. A fault raises."""
    try:
        harness.call.raw(method, arguments, principal, str(uuid4()))
    except ContractError as refused:
        return refused.code
    return None


def expected(text: str, code: str) -> str:
    return "malformed_message" if text == "\ud800" else code


def test_an_unknown_field_is_refused(harness: IdentityHarness) -> None:
    arguments = {"token": "x", "surprise": 1}

    with pytest.raises(InvalidInput, match="malformed_message"):
        harness.call.raw(identity.signing_in.LOG_OUT, arguments)
