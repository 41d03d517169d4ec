"""Identity's own settings."""

from datetime import timedelta
from pathlib import Path

import pytest

from launcher.machine.keys import ensure_keys
from services.identity.settings import IdentitySettings, read_identity_settings
from shared.settings import SettingError, read_settings


def read(folder: Path, **environment: str) -> IdentitySettings:
    ensure_keys(folder / "keys")
    return read_identity_settings(read_settings({"VAR": str(folder), **environment}))


def test_a_second_factor_is_optional_and_a_reset_waits_for_a_day(
    tmp_path: Path,
) -> None:
    found = read(tmp_path)

    assert (found.is_factor_required, found.reset_wait) == (False, timedelta(hours=24))


def test_both_can_be_set(tmp_path: Path) -> None:
    found = read(tmp_path, SECOND_FACTOR="required", TWO_FACTOR_RESET_HOURS="0")

    assert (found.is_factor_required, found.reset_wait) == (True, timedelta())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECOND_FACTOR", "yes"),
        ("TWO_FACTOR_RESET_HOURS", "soon"),
        ("TWO_FACTOR_RESET_HOURS", "721"),
        ("TWO_FACTOR_RESET_HOURS", "-1"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        read(tmp_path, **{name: value})
