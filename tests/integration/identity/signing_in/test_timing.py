"""The time of an answer doesn't tell whether an account exists.

Passwords are hashed quickly here, so that a difference in all the rest would show.
"""

import gc
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from shared.contracts import identity
from shared.errors import Unauthenticated
from tests.fixtures.identity.harness import IdentityHarness

ACCOUNTS = 20
ROUNDS = 15
TELLS = 0.1
"""Of two answers, of an account and of none, the slower one is that of the account as
often as not: half the time, give or take this. The throttle answers some ten times."""

Ask = Callable[[IdentityHarness, str, str], object]


def log_in(harness: IdentityHarness, email: str, address: str) -> None:
    with suppress(Unauthenticated):
        harness.log_in(email, "not-the-password", address)


def ask_for_link(harness: IdentityHarness, email: str, address: str) -> None:
    request = identity.login_links.AskForLoginLink(email=email, address=address)
    harness.call(identity.login_links.ASK_FOR_LOGIN_LINK, request)


def ask_for_reset(harness: IdentityHarness, email: str, address: str) -> None:
    request = identity.passwords.AskForReset(email=email, address=address)
    harness.call(identity.passwords.ASK_FOR_RESET, request)


def ask_to_sign_up(harness: IdentityHarness, email: str, address: str) -> None:
    request = identity.signing_up.AskToSignUp(email=email, address=address)
    harness.call(identity.signing_up.ASK_TO_SIGN_UP, request)


@pytest.mark.full
@pytest.mark.parametrize("ask", [log_in, ask_for_link, ask_for_reset, ask_to_sign_up])
def test_answers_take_as_long_with_an_account_as_without(
    harness: IdentityHarness, ask: Ask
) -> None:
    harness.offer_sign_up()
    for number in range(ACCOUNTS):
        harness.add_owner(f"customer{number:02}@example.com", f"Company {number}")

    def seconds(email: str, address: str) -> float:
        started = time.perf_counter()
        ask(harness, email, address)
        return time.perf_counter() - started

    known: list[float] = []
    unknown: list[float] = []
    gc.disable()
    try:
        for turn in range(ROUNDS):
            for number in range(ACCOUNTS):
                address = f"198.51.{turn}.{number}"
                pair = [
                    (known, f"customer{number:02}@example.com"),
                    (unknown, f"nobodyis{number:02}@example.com"),
                ]
                # The second one finds warm caches.
                for times, email in pair[:: 1 if (turn + number) % 2 else -1]:
                    times.append(seconds(email, address))
            harness.clock.move(timedelta(days=1))
    finally:
        gc.enable()

    assert abs(_share_slower(known, unknown) - 0.5) < TELLS


def _share_slower(times: list[float], others: list[float]) -> float:
    """How often one of ``times`` is longer than one of ``others``, over all pairs."""
    slower = sum(one > other for one in times for other in others)
    return slower / (len(times) * len(others))
