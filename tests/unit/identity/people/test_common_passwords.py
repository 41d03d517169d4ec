"""The list of common passwords: what it has, and how it is looked up."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.run import common_passwords as build
from launcher.run.assets import ensure_assets
from launcher.servers.supervision import ROOT
from services.identity.people.common_passwords import FILE, CommonPasswords, encode
from services.identity.people.passwords import MIN_LENGTH
from shared.settings import DEMO_PASSWORD, SettingError


@pytest.fixture(scope="module")
def built() -> CommonPasswords:
    ensure_assets(ROOT)
    return CommonPasswords.read()


def test_every_listed_password_of_enough_characters_is_found(
    built: CommonPasswords,
) -> None:
    listed = (ROOT / build.SOURCE).read_text("utf-8").split("\n")
    long_enough = [word for word in listed if len(word) >= MIN_LENGTH]

    assert len(built) == len(long_enough) == 113_361
    assert all(word in built for word in long_enough[::100])


def test_others_are_not_found(built: CommonPasswords) -> None:
    others = (DEMO_PASSWORD, "correct horse battery staple", "", "\ud800" * 10)

    assert not any(word in built for word in others)


def test_a_look_up_takes_microseconds(built: CommonPasswords) -> None:
    began = time.perf_counter()
    for number in range(1000):
        assert f"not listed {number}" not in built

    assert (time.perf_counter() - began) / 1000 < 0.001


@given(listed=st.lists(st.text()), other=st.text())
def test_exactly_what_was_encoded_is_found(listed: list[str], other: str) -> None:
    passwords = CommonPasswords(encode([*listed, "caf\u00e9"]))

    assert all(word in passwords for word in listed)
    assert "cafe\u0301" in passwords
    assert other in passwords or other not in listed


def test_identity_reads_what_the_build_writes() -> None:
    assert ROOT / build.MADE == FILE


@pytest.mark.parametrize("content", [None, b"", b"1234567"])
def test_without_a_whole_list_the_service_does_not_start(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "list"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingError, match="launcher build"):
        CommonPasswords.read(file)
