"""Where secrets come from."""

import random

from launcher.servers.supervision import ROOT
from shared.clock import SystemClock
from shared.runtime import Runtime

MADE_UP = {"launcher/demo/loader.py"}
"""The demo has the same ids each time, and no secrets of customers."""


def test_a_token_has_256_bits() -> None:
    runtime = Runtime(SystemClock(), random.SystemRandom())

    tokens = {runtime.new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert {len(bytes.fromhex(token)) for token in tokens} == {32}


def test_services_take_secrets_from_the_operating_system() -> None:
    predictable = {
        str(path.relative_to(ROOT))
        for folder in ("services", "shared", "web", "cli", "launcher")
        for path in (ROOT / folder).rglob("*.py")
        if "random.Random(" in path.read_text()
    }

    assert predictable == MADE_UP
