"""People who log in at once wait for their turn, if there is room."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from shared.errors import Unavailable
from web.auth.turns import Turns


def test_no_more_than_allowed_have_their_turn_at_once() -> None:
    turns = Turns(at_once=2, waiting=30, wait_s=30)
    at_work: list[int] = []
    most = 0

    def work(number: int) -> None:
        nonlocal most
        with turns.turn():
            at_work.append(number)
            most = max(most, len(at_work))
            at_work.remove(number)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(work, range(32)))

    assert 1 <= most <= 2


@pytest.mark.parametrize(("waiting", "wait_s"), [(0, 30.0), (1, 0.0)])
def test_who_finds_no_room_or_waits_too_long_is_refused(
    waiting: int, wait_s: float
) -> None:
    turns = Turns(at_once=1, waiting=waiting, wait_s=wait_s)
    is_there, is_over = Barrier(2, timeout=30), Event()

    def stay() -> None:
        with turns.turn():
            is_there.wait()
            is_over.wait(30)

    with ThreadPoolExecutor(1) as pool:
        stayed = pool.submit(stay)
        is_there.wait()
        with pytest.raises(Unavailable, match="many_logins"), turns.turn():
            pass
        is_over.set()
        stayed.result(30)

    with turns.turn():
        pass
