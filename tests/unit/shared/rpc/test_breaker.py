"""When a service is left alone, and when it is asked again."""

from concurrent.futures import ThreadPoolExecutor

from shared.rpc.breaker import MISSED, PAUSE_S, SILENT_S, TRIALS, Breaker

FIRST_TRY_S = 0.3
PATIENT_S = 2.0


def resting(at: float = 0.0) -> Breaker:
    """The breaker of a service whose rest begins at the given time."""
    breaker = Breaker()
    for _ in range(MISSED):
        breaker.record_timeout(at - PATIENT_S, at)
    assert breaker.is_open
    return breaker


def admitted(breaker: Breaker, now: float, calls: int = 20) -> int:
    return sum(breaker.allows(now) for _ in range(calls))


def test_every_call_passes_to_a_service_that_answers() -> None:
    breaker = Breaker()

    for now in range(100):
        assert breaker.allows(now)
        breaker.record_answer(now)


def test_a_few_missed_calls_open_no_circuit() -> None:
    breaker = Breaker()

    began = [breaker.record_timeout(0, PATIENT_S) for _ in range(MISSED - 1)]

    assert not any(began)
    assert breaker.allows(PATIENT_S)


def test_it_rests_after_several_and_says_so_once() -> None:
    breaker = Breaker()

    began = [breaker.record_timeout(0, PATIENT_S) for _ in range(MISSED + 2)]

    assert began.count(True) == 1
    assert not breaker.allows(PATIENT_S)


def test_a_crowd_of_hasty_calls_does_not_make_it_rest() -> None:
    breaker = Breaker()

    for _ in range(100):
        breaker.record_timeout(0, FIRST_TRY_S)

    assert breaker.allows(FIRST_TRY_S)


def test_hasty_calls_without_end_do() -> None:
    breaker = Breaker()
    now = 0.0

    while now < SILENT_S:
        assert breaker.allows(now)
        breaker.record_timeout(now, now + FIRST_TRY_S)
        now += FIRST_TRY_S

    assert not breaker.allows(now)


def test_an_answer_to_anybody_counts_for_all() -> None:
    breaker = Breaker()
    for _ in range(MISSED - 1):
        breaker.record_timeout(0, PATIENT_S)

    breaker.record_answer(PATIENT_S)
    breaker.record_timeout(0, PATIENT_S)

    assert breaker.allows(PATIENT_S)


def test_calls_that_hang_while_others_are_answered_do_not_make_it_rest() -> None:
    breaker = Breaker()
    breaker.record_answer(9.9)

    for _ in range(MISSED):
        breaker.record_timeout(0, 10)

    assert breaker.allows(10)


def test_a_resting_service_gets_a_few_trials_in_each_pause() -> None:
    breaker = resting()

    assert admitted(breaker, PAUSE_S - 0.01) == 0
    assert admitted(breaker, PAUSE_S) == TRIALS
    assert admitted(breaker, 2 * PAUSE_S - 0.01) == 0
    assert admitted(breaker, 2 * PAUSE_S) == TRIALS


def test_trials_that_are_given_up_do_not_end_the_trials() -> None:
    breaker = resting()

    trials = [admitted(breaker, second * PAUSE_S) for second in range(1, 60)]

    assert trials == [TRIALS] * 59


def test_a_trial_that_is_missed_changes_nothing() -> None:
    breaker = resting()
    breaker.allows(PAUSE_S)

    assert not breaker.record_timeout(PAUSE_S, PAUSE_S + FIRST_TRY_S)

    assert breaker.is_open
    assert admitted(breaker, 2 * PAUSE_S) == TRIALS


def test_one_answer_ends_the_rest_and_what_was_missed_before_is_forgotten() -> None:
    breaker = resting()

    assert breaker.record_answer(0.5)
    assert not breaker.record_answer(0.6)

    assert admitted(breaker, 0.6) == 20
    breaker.record_timeout(0, 3)
    assert not breaker.is_open


def test_threads_at_once_get_no_trial_too_many() -> None:
    breaker = resting()

    with ThreadPoolExecutor(16) as threads:
        passed = list(threads.map(lambda _: breaker.allows(PAUSE_S), range(2_000)))

    assert sum(passed) == TRIALS
