"""Futures end when their time is up, and not before."""

import time
from concurrent.futures import Future
from contextlib import closing

import pytest

from shared.errors import Unavailable
from shared.rpc.deadlines import Deadlines, end_with

PATIENCE_S = 5


def test_a_future_ends_at_its_deadline() -> None:
    with closing(Deadlines()) as deadlines:
        future: Future[None] = Future()
        started = time.monotonic()
        deadlines.watch(future, 0.05)

        with pytest.raises(Unavailable) as caught:
            future.result(PATIENCE_S)

    assert caught.value.code == "deadline_exceeded"
    assert time.monotonic() - started >= 0.05


def test_a_later_watch_with_a_nearer_deadline_ends_first() -> None:
    with closing(Deadlines()) as deadlines:
        far: Future[None] = Future()
        near: Future[None] = Future()
        deadlines.watch(far, PATIENCE_S)
        deadlines.watch(near, 0.01)

        with pytest.raises(Unavailable):
            near.result(PATIENCE_S)

        assert not far.done()


def test_what_has_ended_in_time_keeps_its_result() -> None:
    with closing(Deadlines()) as deadlines:
        done: Future[str] = Future()
        other: Future[str] = Future()
        deadlines.watch(done, 0.01)
        deadlines.watch(other, 0.02)
        done.set_result("in time")

        with pytest.raises(Unavailable):
            other.result(PATIENCE_S)

        assert done.result() == "in time"


def test_closing_ends_all_that_wait() -> None:
    deadlines = Deadlines()
    future: Future[None] = Future()
    deadlines.watch(future, PATIENCE_S)

    deadlines.close()

    with pytest.raises(Unavailable) as caught:
        future.result(0)
    assert caught.value.code == "client_closed"


def test_an_ended_future_cannot_be_ended_again() -> None:
    future: Future[str] = Future()
    future.set_result("first")

    end_with(future, Unavailable("deadline_exceeded"))

    assert future.result() == "first"
