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
from tests.fixtures.vies import ViesStandIn, vies_stand_in

NUMBER = "PL5260001246"


@pytest.fixture
def stand_in() -> Iterator[ViesStandIn]:
    with vies_stand_in() as stand_in:
        yield stand_in


def _ask(stand_in: ViesStandIn) -> Answer:
    return Vies(stand_in.url, read_timeout_s=0.2).ask(NUMBER, "DE136695976")


def test_a_valid_number_comes_with_name_address_and_proof(
    stand_in: ViesStandIn,
) -> None:
    stand_in.register(
        NUMBER, "BOREALIS LABS SP. Z O.O.", "UL. DŁUGA 1\n00-001 WARSZAWA"
    )

    assert _ask(stand_in) == Answer(
        is_valid=True,
        name="BOREALIS LABS SP. Z O.O.",
        address="UL. DŁUGA 1 00-001 WARSZAWA",
        proof="WAPIAAAAYeTtg4AS",
    )
    assert stand_in.questions == [
        {
            "countryCode": "PL",
            "vatNumber": "5260001246",
            "requesterMemberStateCode": "DE",
            "requesterNumber": "136695976",
        }
    ]


def test_what_a_state_does_not_disclose_is_empty(stand_in: ViesStandIn) -> None:
    stand_in.register(NUMBER)
    answer = _ask(stand_in)
    assert (answer.is_valid, answer.name, answer.address) == (True, "", "")


def test_a_number_that_is_not_registered_is_invalid(stand_in: ViesStandIn) -> None:
    assert not _ask(stand_in).is_valid


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
    stand_in: ViesStandIn, fault: str, code: str
) -> None:
    stand_in.register(NUMBER)
    stand_in.fault = fault
    with pytest.raises(NoAnswerError) as failure:
        _ask(stand_in)
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
    stand_in: ViesStandIn, fault: str, kind: type[QuestionRefusedError]
) -> None:
    stand_in.register(NUMBER)
    stand_in.fault = fault
    with pytest.raises(QuestionRefusedError) as refusal:
        _ask(stand_in)
    assert refusal.type is kind


def test_nobody_there_is_worth_another_try() -> None:
    with vies_stand_in() as gone:
        url = gone.url
    with pytest.raises(NoAnswerError, match="unreachable") as failure:
        Vies(url).ask(NUMBER, "DE136695976")
    assert failure.type is NoAnswerError


def test_without_a_register_nothing_is_asked() -> None:
    with pytest.raises(QuestionRefusedError, match="not_configured"):
        NoRegister().ask(NUMBER, "DE136695976")
