"""Verifying a mobile number: by a code that is sent there, within narrow limits."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.identity.verification import phone_codes
from services.identity.verification.phone_codes import PhoneSettings
from services.identity.verification.sms_gateways import TextNotSentError
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import (
    GET_ACCOUNT,
    GetAccount,
    VerificationState,
    VerificationStep,
)
from shared.contracts.identity.verification.phones import (
    ASK_FOR_PHONE_CODE,
    CONFIRM_PHONE,
    GET_PHONE,
    REMOVE_PHONE,
    AskForPhoneCode,
    AwaitedPhone,
    ConfirmPhone,
    GetPhone,
    Phone,
    RemovePhone,
)
from shared.errors import (
    Conflict,
    ContractError,
    Forbidden,
    InvalidInput,
    NotFound,
    Throttled,
)
from shared.principal import PROOF_LIFETIME
from tests.fixtures.hashing import QUICK_HASHER
from tests.fixtures.identity.harness import ADDRESS, IdentityHarness

ALICE, NUMBER, OTHER_NUMBER = "alice@example.com", "+4915123456789", "+48512345678"


@pytest.fixture
def alice(harness: IdentityHarness) -> identity.signing_in.Session:
    harness.add_owner(ALICE, "Alice GmbH")
    return harness.log_in(ALICE)


def ask(
    harness: IdentityHarness,
    number: str = NUMBER,
    *,
    email: str = ALICE,
    address: str = ADDRESS,
) -> AwaitedPhone:
    request = AskForPhoneCode(number=number, address=address)
    return harness.call(ASK_FOR_PHONE_CODE, request, harness.log_in(email).principal)


def send(harness: IdentityHarness) -> str:
    """Send what is due; return the code of the latest message."""
    harness.run_job("send_text_messages")
    return harness.texts.latest_code


def confirm(harness: IdentityHarness, code: str, *, email: str = ALICE) -> str:
    request, session = ConfirmPhone(code=code), harness.log_in(email)
    return harness.call(CONFIRM_PHONE, request, session.principal).number


def phone_of(harness: IdentityHarness, email: str = ALICE) -> Phone:
    return harness.call(GET_PHONE, GetPhone(), harness.log_in(email).principal)


def state_of(harness: IdentityHarness) -> VerificationState:
    account = harness.call(GET_ACCOUNT, GetAccount(), harness.log_in(ALICE).principal)
    (phone,) = (it for it in account.verifications if it.step is VerificationStep.PHONE)
    return phone.state


def refused(
    refusal: type[ContractError], call: Callable[[], object]
) -> tuple[str, dict[str, object]]:
    with pytest.raises(refusal) as caught:
        call()
    return caught.value.code, dict(caught.value.parameters)


@pytest.mark.usefixtures("alice")
class TestVerifying:
    def test_the_code_of_the_message_verifies_the_number(
        self, harness: IdentityHarness
    ) -> None:
        assert ask(harness, "0151 2345 6789").number == NUMBER
        code = send(harness)
        assert harness.texts.taken[0].to == NUMBER
        assert confirm(harness, f" {code[:3]} {code[3:]} ") == NUMBER
        assert phone_of(harness).number == NUMBER
        assert state_of(harness) is VerificationState.VERIFIED
        assert refused(NotFound, lambda: confirm(harness, code))[0] == (
            "phone_code_ended"
        ), "it is used once"

    def test_another_number_replaces_it_once_it_is_confirmed(
        self, harness: IdentityHarness
    ) -> None:
        ask(harness)
        confirm(harness, send(harness))
        harness.clock.move(phone_codes.AGAIN_AFTER)
        ask(harness, OTHER_NUMBER)
        assert phone_of(harness).number == NUMBER
        assert state_of(harness) is VerificationState.VERIFIED
        assert confirm(harness, send(harness)) == OTHER_NUMBER

    def test_removing_it_puts_the_verification_back(
        self, harness: IdentityHarness
    ) -> None:
        ask(harness)
        confirm(harness, send(harness))
        principal = harness.log_in(ALICE).principal
        harness.call(REMOVE_PHONE, RemovePhone(), principal)
        assert not phone_of(harness).number
        assert state_of(harness) is VerificationState.NOT_STARTED

    def test_five_wrong_codes_end_it(self, harness: IdentityHarness) -> None:
        ask(harness)
        code = send(harness)
        wrong = f"{(int(code) + 1) % 10**6:06}"
        for left in (4, 3, 2, 1, 0):
            found = refused(InvalidInput, lambda: confirm(harness, wrong))
            assert found == ("wrong_phone_code", {"tries_left": left})
        assert refused(NotFound, lambda: confirm(harness, code))[0] == (
            "phone_code_ended"
        )

    @pytest.mark.parametrize("after", ["its time", "another one"])
    def test_a_code_ends(self, harness: IdentityHarness, after: str) -> None:
        ask(harness)
        code = send(harness)
        if after == "its time":
            harness.clock.move(phone_codes.LIFETIME)
        else:
            harness.clock.move(phone_codes.AGAIN_AFTER)
            ask(harness)
        with pytest.raises((NotFound, InvalidInput)):
            confirm(harness, code)

    def test_a_code_is_for_the_person_who_asked(self, harness: IdentityHarness) -> None:
        harness.add_owner("eve@example.com", "Eve GmbH")
        ask(harness)
        code = send(harness)
        found = refused(
            NotFound, lambda: confirm(harness, code, email="eve@example.com")
        )
        assert found[0] == "phone_code_ended"

    def test_a_number_verifies_few_people(self, harness: IdentityHarness) -> None:
        people = [f"p{number}@example.com" for number in range(4)]
        codes = []
        for email in people:
            harness.add_owner(email, email)
            ask(harness, email=email)
            codes.append(send(harness))
        *first, last = zip(people, codes, strict=True)
        for email, code in first:
            confirm(harness, code, email=email)
        email, code = last
        found = refused(Conflict, lambda: confirm(harness, code, email=email))
        assert found[0] == "phone_in_use"

    def test_it_takes_a_recent_proof(
        self, harness: IdentityHarness, alice: identity.signing_in.Session
    ) -> None:
        harness.clock.move(PROOF_LIFETIME)
        request = AskForPhoneCode(number=NUMBER, address=ADDRESS)
        principal = harness.resume(alice.token).principal
        found = refused(
            Forbidden, lambda: harness.call(ASK_FOR_PHONE_CODE, request, principal)
        )
        assert found[0] == "step_up_required"


@pytest.mark.usefixtures("alice")
class TestLimits:
    def test_a_minute_lies_between_messages(self, harness: IdentityHarness) -> None:
        asked = ask(harness)
        found = refused(Throttled, lambda: ask(harness))
        assert found == ("too_many_phone_codes", {"retry_after_s": 60})
        harness.clock.move(phone_codes.AGAIN_AFTER)
        assert harness.clock.now() == asked.again_at
        ask(harness)

    @pytest.mark.parametrize(
        ("same", "most"),
        [
            ("user", 5),
            ("number", 5),
            ("company", 10),
            ("address", 10),
            ("block", 10),
        ],
    )
    def test_a_day_has_few(
        self, harness: IdentityHarness, same: str, most: int
    ) -> None:
        """``same`` is all that the messages have in common."""
        company = harness.add_company("A GmbH", harness.add_user("a@example.com"))

        def send(turn: int) -> None:
            harness.clock.move(phone_codes.AGAIN_AFTER)
            email = ALICE if same == "user" else f"p{turn}@example.com"
            if same == "company":
                user = harness.add_user(email)
                harness.add_member(company.id, user.id, Role.ADMIN)
            elif same != "user":
                harness.add_owner(email, email)
            number = {
                "number": NUMBER,
                "block": f"+49151234567{turn:02}",
            }.get(same, f"+4915123{turn:02}6789")
            address = ADDRESS if same == "address" else f"198.51.100.{turn}"
            ask(harness, number, email=email, address=address)

        for turn in range(most):
            send(turn)
        code, about = refused(Throttled, lambda: send(most))
        assert code == "too_many_phone_codes"
        assert int(str(about["retry_after_s"])) > 60 * 60


def test_all_people_together_have_few(harness: IdentityHarness) -> None:
    harness.phones = PhoneSettings(per_day=2)
    harness.start(QUICK_HASHER)
    for number in (51, 52, 53):
        harness.add_owner(f"p{number}@example.com", "A GmbH")
    ask(harness, "+4915151234567", email="p51@example.com", address="198.51.100.1")
    ask(harness, "+4915252345678", email="p52@example.com", address="198.51.100.2")
    with pytest.raises(Throttled):
        ask(harness, "+4915753456789", email="p53@example.com", address="198.51.100.3")


class TestSending:
    @pytest.fixture(autouse=True)
    def _asked(
        self, harness: IdentityHarness, alice: identity.signing_in.Session
    ) -> None:
        assert alice
        ask(harness)

    def test_what_is_not_taken_is_sent_again_under_its_key(
        self, harness: IdentityHarness
    ) -> None:
        refusal = TextNotSentError("503", is_final=False)
        harness.texts.refusals.append(refusal)
        harness.run_job("send_text_messages")
        harness.run_job("send_text_messages")
        assert not harness.texts.taken, "not before its time"
        harness.clock.move(timedelta(seconds=5))
        harness.run_job("send_text_messages")
        harness.run_job("send_text_messages")
        assert len(harness.texts.taken) == 1

    def test_a_refused_number_is_given_up(self, harness: IdentityHarness) -> None:
        harness.texts.refusals.append(TextNotSentError("400", is_final=True))
        harness.run_job("send_text_messages")
        harness.clock.move(timedelta(minutes=5))
        harness.run_job("send_text_messages")
        assert not harness.texts.taken

    def test_a_code_that_has_expired_is_not_sent(
        self, harness: IdentityHarness
    ) -> None:
        harness.clock.move(phone_codes.LIFETIME)
        harness.run_job("send_text_messages")
        assert not harness.texts.taken
