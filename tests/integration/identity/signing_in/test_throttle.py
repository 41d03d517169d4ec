"""Throttling of sign-ins: what is counted, for whom, and for how long."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from services.identity.models.signing_in import LoginFailure
from services.identity.signing_in.throttle import (
    LONGEST_WINDOW,
    PER_ACCOUNT,
    PER_ADDRESS,
)
from shared.errors import Throttled, Unauthenticated
from tests.fixtures.identity.harness import ADDRESS, IdentityHarness
from tests.fixtures.properties import over_database

MAX_PER_ACCOUNT, WINDOW = PER_ACCOUNT[0].failures, PER_ACCOUNT[0].window
MAX_PER_ADDRESS = PER_ADDRESS[0].failures
ALICE = "alice@example.com"
WRONG = "not-the-password"


def fail(harness: IdentityHarness, email: str = ALICE, address: str = ADDRESS) -> None:
    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        harness.log_in(email, WRONG, address)


def address_number(number: int) -> str:
    return f"198.51.{number // 250}.{number % 250}"


@pytest.mark.parametrize("email", [ALICE, "nobody@example.com", "no address"])
def test_an_account_is_throttled_after_its_failures_whether_it_exists_or_not(
    harness: IdentityHarness, email: str
) -> None:
    harness.add_owner(ALICE, "Aurora")
    for number in range(MAX_PER_ACCOUNT):
        fail(harness, email, address_number(number))

    with pytest.raises(Throttled) as refusal:
        harness.log_in(email, WRONG, "192.0.2.99")

    assert refusal.value.code == "too_many_logins"
    assert refusal.value.parameters == {"retry_after_s": WINDOW.total_seconds()}


def test_a_throttled_account_does_not_learn_that_a_password_is_right(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    for _ in range(MAX_PER_ACCOUNT):
        fail(harness)
    harness.offload.count = 0

    with pytest.raises(Throttled):
        harness.log_in(ALICE)

    assert harness.offload.count == 0


def test_the_spelling_of_an_email_is_no_way_round_the_throttle(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    for number in range(MAX_PER_ACCOUNT):
        spelling = ALICE.upper() if number % 2 else f" {ALICE} "
        fail(harness, spelling)

    with pytest.raises(Throttled):
        harness.log_in(ALICE)


def test_other_accounts_of_the_same_address_are_let_in(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    harness.add_owner("bob@example.com", "Borealis")
    for _ in range(MAX_PER_ACCOUNT):
        fail(harness)

    harness.log_in("bob@example.com")


def test_waiting_as_long_as_was_told_is_enough(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    for _ in range(MAX_PER_ACCOUNT):
        fail(harness)
        harness.clock.move(timedelta(seconds=7, milliseconds=300))
    with pytest.raises(Throttled) as refusal:
        harness.log_in(ALICE)

    wait_s = refusal.value.parameters["retry_after_s"]
    harness.clock.move(timedelta(seconds=wait_s - 1))
    with pytest.raises(Throttled):
        harness.log_in(ALICE)
    harness.clock.move(timedelta(seconds=1))

    harness.log_in(ALICE)


def test_the_window_slides_instead_of_starting_anew(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    step = timedelta(minutes=1)
    for _ in range(MAX_PER_ACCOUNT):
        fail(harness)
        harness.clock.move(step)
    harness.clock.move(WINDOW - MAX_PER_ACCOUNT * step)

    # The first failure has left the window, and with it one try comes back.
    fail(harness)
    with pytest.raises(Throttled) as refusal:
        harness.log_in(ALICE)

    assert refusal.value.parameters["retry_after_s"] == step.total_seconds()


def test_signing_in_starts_the_accounts_count_anew(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    for _ in range(MAX_PER_ACCOUNT - 1):
        fail(harness)
    harness.log_in(ALICE)

    for _ in range(MAX_PER_ACCOUNT):
        fail(harness)

    with pytest.raises(Throttled):
        harness.log_in(ALICE)


def test_signing_in_does_not_start_the_addresss_count_anew(
    harness: IdentityHarness,
) -> None:
    # An attacker with an account of their own would otherwise guess without end.
    harness.add_owner("mallory@example.com", "Aurora")
    for number in range(MAX_PER_ADDRESS):
        if number % 5 == 0:
            harness.log_in("mallory@example.com")
        fail(harness, f"victim{number}@example.com")

    with pytest.raises(Throttled):
        harness.log_in("mallory@example.com")
    harness.log_in("mallory@example.com", address="192.0.2.99")


def test_one_ipv6_site_counts_as_one_address(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    for number in range(MAX_PER_ADDRESS):
        fail(harness, f"victim{number}@example.com", f"2001:db8:7:1::{number:x}")

    with pytest.raises(Throttled):
        harness.log_in(ALICE, address="2001:db8:7:1:ffff::1")
    harness.log_in(ALICE, address="2001:db8:7:2::1")


def fail_on_many_accounts(harness: IdentityHarness, count: int) -> None:
    """As many failures of one address, each on another account."""
    for number in range(count):
        fail(harness, f"victim{number}@example.com")


def test_who_is_patient_guesses_fifty_times_a_day(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    for number in range(PER_ACCOUNT[1].failures):
        fail(harness, ALICE, address_number(number))
        harness.clock.move(timedelta(minutes=2))

    with pytest.raises(Throttled) as refusal:
        harness.log_in(ALICE)

    assert refusal.value.parameters["retry_after_s"] > timedelta(hours=20).seconds
    harness.clock.move(timedelta(days=1))
    harness.log_in(ALICE)


@pytest.mark.full
@pytest.mark.parametrize("many", ["addresses", "accounts"])
def test_of_ten_thousand_guesses_few_are_answered(
    harness: IdentityHarness, many: str
) -> None:
    """On one account from many addresses, and on many accounts from one."""
    harness.add_owner(ALICE, "Aurora")
    answered = 0
    for number in range(10_000):
        email = ALICE if many == "addresses" else f"victim{number}@example.com"
        address = address_number(number) if many == "addresses" else ADDRESS
        try:
            harness.log_in(email, f"guess-{number}", address)
        except Unauthenticated:
            answered += 1
        except Throttled:
            pass
        harness.clock.move(timedelta(seconds=8))

    limit = PER_ACCOUNT[1] if many == "addresses" else PER_ADDRESS[1]
    assert answered == limit.failures


def test_failures_elsewhere_keep_no_new_device_out(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    now = harness.clock.now()
    anywhere = [
        {
            "account_hash": uuid4().bytes,
            "address_hash": uuid4().bytes,
            "failed_at": now,
        }
        for _ in range(5_000)
    ]
    with harness.database.system() as db:
        db.execute(insert(LoginFailure), anywhere)

    harness.log_in(ALICE)


def test_a_known_device_is_let_in_while_its_account_is_attacked(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    device = harness.log_in(ALICE).device
    for number in range(MAX_PER_ACCOUNT):
        fail(harness, ALICE, address_number(number))

    with pytest.raises(Throttled):
        harness.log_in(ALICE)
    harness.log_in(ALICE, device=device)
    # Its owner's login gives an attacker no further guesses.
    with pytest.raises(Throttled):
        harness.log_in(ALICE)


def test_a_known_device_is_let_in_while_its_address_is_throttled(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    device = harness.log_in(ALICE).device
    fail_on_many_accounts(harness, MAX_PER_ADDRESS)

    harness.log_in(ALICE, device=device)


def test_a_known_device_has_as_many_guesses_as_a_stranger(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    device = harness.log_in(ALICE).device
    for _ in range(MAX_PER_ACCOUNT):
        with pytest.raises(Unauthenticated):
            harness.log_in(ALICE, WRONG, device=device)

    with pytest.raises(Throttled):
        harness.log_in(ALICE, device=device)
    # Its guesses don't lock out others.
    harness.log_in(ALICE)


def test_a_device_is_known_for_its_owners_account_alone(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    harness.add_owner("mallory@example.com", "Borealis")
    device = harness.log_in("mallory@example.com").device
    for _ in range(MAX_PER_ACCOUNT):
        with pytest.raises(Unauthenticated):
            harness.log_in(ALICE, WRONG, device=device)

    with pytest.raises(Throttled):
        harness.log_in(ALICE, WRONG, device=device)
    with pytest.raises(Throttled):
        harness.log_in(ALICE, WRONG)


def test_successful_sign_ins_are_not_counted(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")

    for _ in range(MAX_PER_ACCOUNT + 1):
        harness.log_in(ALICE)

    assert count_failures(harness) == 0


def test_guesses_made_at_once_learn_no_more_than_the_limit(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    guesses = 3 * MAX_PER_ACCOUNT
    everybody_was_admitted = Barrier(guesses, timeout=30)
    harness.offload.before = everybody_was_admitted.wait

    def guess(number: int) -> str:
        password = f"not-the-password-{number}"
        try:
            harness.log_in(ALICE, password)
        except (Unauthenticated, Throttled) as refusal:
            return refusal.code
        return "signed in"

    with ThreadPoolExecutor(guesses) as pool:
        answers = list(pool.map(guess, range(guesses)))

    assert answers.count("wrong_credentials") == MAX_PER_ACCOUNT
    assert answers.count("too_many_logins") == guesses - MAX_PER_ACCOUNT
    assert count_failures(harness) == MAX_PER_ACCOUNT


def test_a_right_guess_beyond_the_limit_is_not_told_even_if_admitted_before_it(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")

    def fail_often_elsewhere() -> None:
        harness.offload.before = lambda: None
        for _ in range(MAX_PER_ACCOUNT):
            fail(harness)

    harness.offload.before = fail_often_elsewhere

    with pytest.raises(Throttled):
        harness.log_in(ALICE)


def test_many_people_sign_in_at_once_without_being_throttled(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    people = 2 * MAX_PER_ACCOUNT
    everybody_was_admitted = Barrier(people, timeout=30)
    harness.offload.before = everybody_was_admitted.wait

    with ThreadPoolExecutor(people) as pool:
        sessions = list(pool.map(harness.log_in, [ALICE] * people))

    assert len({session.token for session in sessions}) == people


def test_what_no_window_reaches_any_more_is_deleted(harness: IdentityHarness) -> None:
    fail(harness)
    harness.clock.move(LONGEST_WINDOW - timedelta(seconds=1))
    fail(harness)
    harness.clock.move(timedelta(seconds=1))

    harness.run_job("forget_old_failures")

    assert count_failures(harness) == 1


@over_database(8)
@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.sampled_from([0, 1, 60, 300, 899, 900])),
        min_size=MAX_PER_ACCOUNT,
        max_size=40,
    )
)
def test_the_throttle_does_what_a_list_of_moments_says(
    harness: IdentityHarness, steps: list[tuple[bool, int]]
) -> None:
    harness.clock.move(WINDOW)
    email = f"{uuid4().hex}@example.com"
    harness.add_owner(email, "Aurora")
    failures: list[datetime] = []

    for is_right, wait_s in steps:
        now = harness.clock.now()
        failures = [moment for moment in failures if moment > now - WINDOW]
        if len(failures) >= MAX_PER_ACCOUNT:
            with pytest.raises(Throttled):
                harness.log_in(email)
        elif is_right:
            harness.log_in(email, address=address_number(1))
            failures = []
        else:
            fail(harness, email, address_number(len(failures)))
            failures.append(now)
        harness.clock.move(timedelta(seconds=wait_s))


def count_failures(harness: IdentityHarness) -> int:
    with harness.database.system() as db:
        return db.scalar(select(func.count()).select_from(LoginFailure)) or 0
