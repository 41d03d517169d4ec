"""A service whose clock is wrong is named, once in a while."""

import time

import pytest
from structlog.testing import capture_logs

from shared.rpc.amqp.clock_skew import TOLERATED_S, ClockSkew

MORE_S = TOLERATED_S + 0.5


@pytest.mark.parametrize(
    ("sent_ago_s", "said"), [(-MORE_S, [1.5]), (0, []), (3, []), (5 + MORE_S, [-1.5])]
)
def test_a_reply_from_outside_of_its_call_shows_a_wrong_clock(
    sent_ago_s: float, said: list[float]
) -> None:
    now = time.time()

    with capture_logs() as logs:
        ClockSkew().note("billing", asked_at=now - 5, sent_at=f"{now - sent_ago_s:.3f}")

    assert [each["ahead_s"] for each in logs] == pytest.approx(said, abs=0.2)
    assert all(each["service"] == "billing" for each in logs)


def test_it_is_logged_once_for_each_service() -> None:
    skew = ClockSkew()

    with capture_logs() as logs:
        for service in ("billing", "identity", "billing"):
            skew.note(service, asked_at=time.time(), sent_at=time.time() + 60)

    assert [each["service"] for each in logs] == ["billing", "identity"]


@pytest.mark.parametrize("sent_at", [None, "", "soon", []])
def test_a_reply_that_does_not_say_when_it_was_sent_shows_nothing(
    sent_at: object,
) -> None:
    with capture_logs() as logs:
        ClockSkew().note("billing", asked_at=0, sent_at=sent_at)

    assert logs == []
