"""docs/security.md has every requirement, and each test that it names exists."""

import re
from functools import cache

import pytest

from launcher.servers.supervision import ROOT
from shared.contracts import identity
from shared.permissions import Permission

DOCUMENT = (ROOT / "docs" / "security.md").read_text()

SECTIONS = {
    "V3.2": 2,
    "V3.3": 4,
    "V3.4": 6,
    "V3.5": 5,
    "V3.7": 2,
    "V6.1": 3,
    "V6.2": 12,
    "V6.3": 4,
    "V6.4": 4,
    "V6.5": 5,
    "V6.6": 3,
    "V6.8": 4,
    "V7.1": 3,
    "V7.2": 4,
    "V7.3": 2,
    "V7.4": 5,
    "V7.5": 2,
    "V7.6": 2,
}
"""How many requirements of levels 1 and 2 each section of OWASP ASVS 5.0 has, in the
chapters on web frontends, authentication and sessions. They are numbered from 1."""

ROW = re.compile(
    r"^\| (?P<id>V[0-9.]+) \| (?P<level>[12]) \| (?P<asks>[^|]+) \| (?P<state>[^|]+)"
    r" \| (?P<how>[^|]+) \|(?P<tests>[^|]*)\|$",
    re.MULTILINE,
)
ROWS = [found.groupdict() for found in ROW.finditer(DOCUMENT)]
STATES = {"met", "in part", "not met", "not used"}


def test_every_requirement_has_one_row() -> None:
    wanted = [
        f"{section}.{number}"
        for section, count in SECTIONS.items()
        for number in range(1, count + 1)
    ]

    assert len(wanted) == 72
    assert [row["id"] for row in ROWS] == wanted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_a_row_has_a_state_and_what_is_met_has_a_test(row: dict[str, str]) -> None:
    named = re.findall(r"`([^`]+)`", row["tests"])

    assert row["state"] in STATES
    assert named or row["state"] != "met"
    for name in named:
        path, _, test = name.partition("::")
        assert f"\ndef {test}(" in _text_of(path), f"there is no test {name}"


def test_every_way_in_is_listed() -> None:
    ways = DOCUMENT.partition("## Ways in")[2].partition("\n## ")[0]
    public = {
        method.name
        for method in identity.CONTRACT.methods
        if method.permission is Permission.PUBLIC
    }

    assert public - set(re.findall(r"`(\w+)`", ways)) == set()


@cache
def _text_of(path: str) -> str:
    return (ROOT / "tests" / path).read_text()
