"""Changing one's own name, language and time zone."""

import pytest

from shared.contracts.identity.people import (
    CHANGE_ACCOUNT,
    GET_ACCOUNT,
    SET_VERIFICATION,
    Account,
    ChangeAccount,
    GetAccount,
    SetVerification,
    User,
    VerificationState,
    VerificationStep,
)
from shared.errors import InvalidInput
from tests.fixtures.identity.harness import IdentityHarness

ALICE = "alice@example.com"


@pytest.fixture
def alice(harness: IdentityHarness) -> User:
    return harness.add_owner(ALICE, "Alice GmbH")


def change(harness: IdentityHarness, name: str, locale: str = "de-AT") -> User:
    request = ChangeAccount(name=name, locale=locale, time_zone="Europe/Vienna")
    return harness.call(CHANGE_ACCOUNT, request, harness.log_in(ALICE).principal)


def state_of_document(harness: IdentityHarness) -> VerificationState:
    principal = harness.log_in(ALICE).principal
    account: Account = harness.call(GET_ACCOUNT, GetAccount(), principal)
    document = VerificationStep.IDENTITY_DOCUMENT
    return next(it.state for it in account.verifications if it.step is document)


def test_another_name_has_to_be_verified_again(
    harness: IdentityHarness, alice: User
) -> None:
    verified = SetVerification(
        user_id=alice.id,
        step=VerificationStep.IDENTITY_DOCUMENT,
        state=VerificationState.VERIFIED,
    )
    harness.call(SET_VERIFICATION, verified, harness.principals.operator())
    assert change(harness, alice.name).locale == "de-AT"
    assert state_of_document(harness) is VerificationState.VERIFIED
    assert change(harness, "  Alice New ").name == "Alice New"
    assert state_of_document(harness) is VerificationState.NOT_STARTED


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(
    ("name", "locale", "refused"),
    [
        ("", "en", ("bad_person_name", "name")),
        ("A\u202eB", "en", ("bad_person_name", "name")),
        ("A", "tlh-x!", ("bad_locale", "locale")),
    ],
)
def test_what_is_refused_names_its_field(
    harness: IdentityHarness, name: str, locale: str, refused: tuple[str, str]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        change(harness, name, locale)
    assert (caught.value.code, caught.value.parameters["field"]) == refused
