"""Billing that is killed at a point of its work, as a process of its own.

Points are the statements, commits and requests to gateways of the calls that move a
top-up on, and the moments after each request. ``DIE_AT`` says at which one; none if it
is not set.
"""

from shared.rpc.nameko_runtime import serve  # isort: skip  first of all: it patches

import os
import signal
import threading
from itertools import count
from typing import Any

import requests
from sqlalchemy import event
from sqlalchemy.engine import Engine

from services.billing.__main__ import build
from shared.contracts import billing
from shared.rpc.dispatch import Dispatcher, Headers

MOVING = {
    billing.top_ups.BEGIN_TOP_UP.name,
    billing.top_ups.START_PAYMENT.name,
    billing.payments.TAKE_PAYMENT_NOTICE.name,
}

_die_at = int(os.environ.get("DIE_AT", "0"))
_call = threading.local()  # of the green thread that answers it
_points = count(1)


def _pass_point(*_args: object) -> None:
    if getattr(_call, "is_moving", False) and next(_points) == _die_at:
        os.kill(os.getpid(), signal.SIGKILL)


def _watch_calls() -> None:
    answer = Dispatcher.answer

    def watched(
        self: Dispatcher, method_name: str, arguments: Any, headers: Headers
    ) -> bytes:
        _call.is_moving = method_name in MOVING
        try:
            return answer(self, method_name, arguments, headers)
        finally:
            # The reply is not sent yet.
            _pass_point()
            _call.is_moving = False

    Dispatcher.answer = watched  # type: ignore[method-assign]


def _watch_gateways() -> None:
    send = requests.Session.send

    def watched(self: Any, *args: Any, **options: Any) -> requests.Response:
        _pass_point()
        answer = send(self, *args, **options)
        _pass_point()
        return answer

    requests.Session.send = watched  # type: ignore[method-assign]


if __name__ == "__main__":
    _watch_calls()
    _watch_gateways()
    event.listen(Engine, "before_cursor_execute", _pass_point)
    event.listen(Engine, "commit", _pass_point)
    serve(billing.CONTRACT.name, build)
