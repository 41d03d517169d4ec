"""What a log says of an exception, and that it is never somebody's data."""

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from shared.errors import Conflict
from shared.logs import configure_logs, describe, log_uncaught

EMAIL = "ada@example.com"


class UniqueViolation(Exception):
    """As psycopg2 raises it: what it says has the row's values."""

    pgcode = "23505"
    diag = SimpleNamespace(table_name="users", constraint_name="users_email")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the process logs as it is set up for a service; as before afterwards."""
    root = logging.getLogger()
    before = structlog.get_config(), root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("test", stream=stream)
    yield stream
    structlog.configure(**before[0])
    root.handlers[:], root.level = before[1], before[2]


def insert() -> None:
    raise UniqueViolation(f"DETAIL: Key (email)=({EMAIL}) already exists.")


def fail() -> None:
    try:
        insert()
    except UniqueViolation as error:
        raise RuntimeError(f"can't add {EMAIL}") from error


def entry(log: io.StringIO) -> dict[str, Any]:
    logged: dict[str, Any] = json.loads(log.getvalue())
    return logged


def test_a_traceback_says_where_and_what_kind_but_not_what_was_said(
    log: io.StringIO,
) -> None:
    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("fault")

    first, last = entry(log)["exception"].split("\n\n")
    assert EMAIL not in log.getvalue()
    assert first.endswith("SQLSTATE 23505, table users, constraint users_email")
    assert last.endswith("RuntimeError")
    assert ", in fail\n" in last


def test_a_librarys_message_does_not_have_it_either(log: io.StringIO) -> None:
    try:
        fail()
    except RuntimeError as error:
        logging.getLogger("library").exception("worker: %s", error)  # noqa: TRY401

    assert EMAIL not in log.getvalue()
    assert entry(log)["event"] == "worker: RuntimeError"
    assert "SQLSTATE 23505" in entry(log)["exception"]


def test_what_ends_a_thread_is_logged_alike(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log_uncaught()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    assert EMAIL not in log.getvalue()
    assert entry(log)["event"] == "uncaught"


def test_what_ends_the_process_is_logged_alike() -> None:
    program = (
        "from shared.logs import *; configure_logs('test'); log_uncaught();"
        f"raise ValueError('{EMAIL}')"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert json.loads(ended.stderr)["event"] == "uncaught"
    assert EMAIL not in json.loads(ended.stderr)["exception"].splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError(EMAIL), "KeyError"),
        (ValueError(EMAIL), "ValueError"),
        (Conflict("email_taken", EMAIL), "shared.errors.Conflict, email_taken"),
        (
            FileNotFoundError(2, "No such file", EMAIL),
            "FileNotFoundError, No such file",
        ),
        (AttributeError("no attribute 'x'"), "AttributeError, no attribute 'x'"),
    ],
)
def test_an_exception_is_described_without_what_it_says(
    error: Exception, said: str
) -> None:
    assert describe(error) == said
