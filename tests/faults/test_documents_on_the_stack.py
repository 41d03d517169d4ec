"""Documents sent to a real stack: its memory, its other pages, its death in between."""

import os
import re
import signal
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import requests

from launcher.demo.story import PASSWORD
from launcher.machine.processes import wait_until
from shared.contracts.identity.verification.documents import MAX_BYTES
from shared.storage.settings import FOLDER
from tests.fixtures.customers import Customer
from tests.fixtures.identity import files
from tests.fixtures.launches import (
    START_TIMEOUT_S,
    RunningStack,
    environment_for,
    launch,
    log_of,
    var_below,
)
from tests.fixtures.web.uploads import ADDRESS, encode_upload

GROWS_BY_KIB = 32 * 1024
HEALTH_WITHIN_S = 0.1
PATIENCE_S = 60
STALLED_WITHIN_S = 45
MARKER = b"planted marker of a person; "

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    environment = environment_for(var_below(tmp_path_factory.mktemp("stack")))
    running = RunningStack(environment)
    launcher = launch("stack", environment)
    try:
        assert launcher.wait(START_TIMEOUT_S) == 0, log_of(running.var)
        yield running
    finally:
        launcher.kill()
        launcher.wait()
        launch("stack-stop", environment).wait(START_TIMEOUT_S)


def person(stack: RunningStack, name: str) -> Customer:
    customer = Customer(stack.url)
    customer.log_in(f"{name}@example.com", PASSWORD)
    return customer


def send(stack: RunningStack, customer: Customer, content: bytes) -> requests.Response:
    token = customer.read_form(ADDRESS)["csrf_token"]
    body, content_type = encode_upload(token, content, "a file")
    return requests.post(
        stack.url + ADDRESS,
        data=body,
        headers={"Content-Type": content_type},
        cookies=customer.cookies,
        timeout=PATIENCE_S,
        allow_redirects=False,
    )


def is_checked(stack: RunningStack, customer: Customer) -> bool:
    page = requests.get(stack.url + ADDRESS, cookies=customer.cookies, timeout=20)
    found = re.search(r'step-body" data-state="(\w*)"', page.text)
    return found is not None and found[1] != "checking"


def memory(pid: int, what: str) -> int:
    """In KiB: ``VmRSS`` is what it takes, ``VmHWM`` the most it took."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{what}:\s+(\d+) kB", status, re.MULTILINE)
    assert found
    return int(found[1])


def forget_peak(pid: int) -> int:
    """Returns what it takes now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return memory(pid, "VmRSS")


@pytest.mark.full
def test_whatever_is_sent_memory_stays_and_other_pages_are_as_quick(
    stack: RunningStack,
) -> None:
    people = [person(stack, name) for name in ("demo", "viewer")]
    # What each process loads for its first document stays.
    for customer in people * 2:
        assert send(stack, customer, files.docx()).status_code == 303
        assert wait_until(partial(is_checked, stack, customer), PATIENCE_S)
    pids = [*stack.workers(), stack.pid("identity")]
    before = {pid: forget_peak(pid) for pid in pids}

    def send_all(customer: Customer) -> None:
        for content, status in (
            (os.urandom(MAX_BYTES - 1), 303),
            (os.urandom(MAX_BYTES + 1), 422),
            (files.large_png(30_000, 30_000), 303),
            (files.unfolding_pdf(), 303),
        ):
            assert send(stack, customer, content).status_code == status
            assert wait_until(partial(is_checked, stack, customer), PATIENCE_S)

    seconds = []
    with ThreadPoolExecutor(2) as threads:
        sending = [threads.submit(send_all, customer) for customer in people]
        while not all(each.done() for each in sending):
            seconds.append(look_at_health(stack))
        for each in sending:
            each.result()

    grown = {pid: memory(pid, "VmHWM") - kib for pid, kib in before.items()}
    assert max(grown.values()) <= GROWS_BY_KIB, grown
    assert statistics.median(seconds) < HEALTH_WITHIN_S
    assert not list((stack.var / FOLDER / "raw").iterdir())


def look_at_health(stack: RunningStack) -> float:
    started = time.perf_counter()
    assert requests.get(f"{stack.url}/healthz", timeout=20).status_code == 200
    return time.perf_counter() - started


def begin(stack: RunningStack, customer: Customer) -> socket.socket:
    """Send half a document and wait until web has stored some of it."""
    token = customer.read_form(ADDRESS)["csrf_token"]
    body, content_type = encode_upload(token, MARKER * 200_000, "a file")
    cookies = "; ".join(f"{name}={value}" for name, value in customer.cookies.items())
    head = (
        f"POST {ADDRESS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: {content_type}\r\nCookie: {cookies}\r\n\r\n"
    )
    port = int(stack.environment["PORT"])
    sender = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    sender.sendall(head.encode() + body[: len(body) // 2])
    raw = stack.var / FOLDER / "raw"

    def has_some() -> bool:
        return any(file.stat().st_size for file in raw.glob("*.part"))

    assert wait_until(has_some, PATIENCE_S)
    return sender


def marked_files(stack: RunningStack, since: float) -> list[Path]:
    """The files of the stack, and new ones elsewhere, that hold the marker."""
    found = []
    for folder in (stack.var, Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")):
        for file in folder.rglob("*"):
            try:
                is_new = file.is_file() and file.stat().st_mtime >= since
                if is_new and MARKER in file.read_bytes():
                    found.append(file)
            except OSError:  # it has gone meanwhile
                continue
    return found


@pytest.mark.fault
@pytest.mark.parametrize(
    ("kind", "name", "pids"),
    [
        ("worker", "demo", lambda stack: stack.workers()),
        ("identity", "viewer", lambda stack: [stack.pid("identity")]),
        ("proxy", "other", lambda stack: [stack.pid("proxy")]),
    ],
)
def test_no_file_holds_a_document_whose_taker_was_killed(
    stack: RunningStack,
    kind: str,
    name: str,
    pids: Callable[[RunningStack], list[int]],
) -> None:
    stack.wait_until_ready()
    since = time.time() - 1
    with begin(stack, person(stack, name)):
        assert not marked_files(stack, since), "while it is sent"
        for pid in pids(stack):
            os.kill(pid, signal.SIGKILL)
        assert not marked_files(stack, since), "when its taker was killed"
        stack.wait_until_ready()
    assert not marked_files(stack, since), "when all is back"


@pytest.mark.fault
def test_a_sender_that_stalls_is_ended_and_may_send_again_at_once(
    stack: RunningStack,
) -> None:
    stack.wait_until_ready()
    customer = person(stack, "other")
    with begin(stack, customer) as sender, suppress(ConnectionResetError):
        sender.settimeout(STALLED_WITHIN_S)
        while sender.recv(65_536):
            pass

    def may_send() -> bool:
        return send(stack, customer, files.photo()).status_code == 303

    assert wait_until(may_send, PATIENCE_S)
    assert not list((stack.var / FOLDER / "raw").glob("*.part"))
