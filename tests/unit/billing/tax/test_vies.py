"""The register of VAT IDs, asked over HTTP: yes, no, and all the ways of neither."""

from collections.abc import Iterator

import pytest

from services.billing.tax.vies import (
    AddressRefusedError,
    Answer,
    NoAnswerError,
    NoRegister,
    QuestionRefusedError,
    RequesterRefusedError,
    Vies,
)
from tests.fixtures.vies import FakeVies, fake_vies

NUMBER = "PL5260001246"


@pytest.fixture
def fake_services() -> Iterator[FakeVies]:
    with fake_vies() as fake_services:
        yield fake_services


def _ask(fake_services: FakeVies) -> Answer:
    return Vies(fake_services.url, read_timeout_s=0.2).ask(NUMBER, "DE136695976")


def test_a_valid_number_comes_with_name_address_and_proof(
    fake_services: FakeVies,
) -> None:
    fake_services.register(
        NUMBER, "BOREALIS LABS SP. Z O.O.", "UL. DŁUGA 1\n00-001 WARSZAWA"
    )

    assert _ask(fake_services) == Answer(
        is_valid=True,
        name="BOREALIS LABS SP. Z O.O.",
        address="UL. DŁUGA 1 00-001 WARSZAWA",
        proof="WAPIAAAAYeTtg4AS",
    )
    assert fake_services.questions == [
        {
            "countryCode": "PL",
            "vatNumber": "5260001246",
            "requesterMemberStateCode": "DE",
            "requesterNumber": "136695976",
        }
    ]


def test_what_a_state_does_not_disclose_is_empty(fake_services: FakeVies) -> None:
    fake_services.register(NUMBER)
    answer = _ask(fake_services)
    assert (answer.is_valid, answer.name, answer.address) == (True, "", "")


def test_a_number_that_is_not_registered_is_invalid(fake_services: FakeVies) -> None:
    assert not _ask(fake_services).is_valid


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("MS_UNAVAILABLE", "ms_unavailable"),
        ("SERVICE_UNAVAILABLE", "service_unavailable"),
        ("TIMEOUT", "timeout"),
        ("MS_MAX_CONCURRENT_REQ", "ms_max_concurrent_req"),
        ("GLOBAL_MAX_CONCURRENT_REQ", "global_max_concurrent_req"),
        ("userError MS_UNAVAILABLE", "ms_unavailable"),
        ("SOMETHING_NEW", "something_new"),
        ("rubbish", "malformed_answer"),
        ("http 500", "http_500"),
        ("http 429", "http_429"),
        ("hang", "timeout"),
    ],
)
def test_an_outage_is_worth_another_try(
    fake_services: FakeVies, fault: str, code: str
) -> None:
    fake_services.register(NUMBER)
    fake_services.fault = fault
    with pytest.raises(NoAnswerError) as failure:
        _ask(fake_services)
    assert failure.type is NoAnswerError
    assert failure.value.code == code


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("INVALID_INPUT", QuestionRefusedError),
        ("http 403", QuestionRefusedError),
        ("INVALID_REQUESTER_INFO", RequesterRefusedError),
        ("VAT_BLOCKED", RequesterRefusedError),
        ("IP_BLOCKED", AddressRefusedError),
        ("userError IP_BLOCKED", AddressRefusedError),
    ],
)
def test_a_refused_question_is_not_worth_one(
    fake_services: FakeVies, fault: str, kind: type[QuestionRefusedError]
) -> None:
    fake_services.register(NUMBER)
    fake_services.fault = fault
    with pytest.raises(QuestionRefusedError) as refusal:
        _ask(fake_services)
    assert refusal.type is kind


def test_nobody_there_is_worth_another_try() -> None:
    with fake_vies() as gone:
        url = gone.url
    with pytest.raises(NoAnswerError, match="unreachable") as failure:
        Vies(url).ask(NUMBER, "DE136695976")
    assert failure.type is NoAnswerError


def test_without_a_register_nothing_is_asked() -> None:
    with pytest.raises(QuestionRefusedError, match="not_configured"):
        NoRegister().ask(NUMBER, "DE136695976")
