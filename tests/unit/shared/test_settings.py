"""Settings that make no sense are refused with their name."""

import pytest

from shared.settings import SettingError, read_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "x"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "1.5"),
        ("TRUSTED_PROXIES", "²"),
        ("PORT", "x"),
        ("PORT", "65536"),
        ("PUBLIC_URL", "localhost"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        read_settings({name: value})


def test_a_setting_that_makes_sense_is_taken() -> None:
    assert read_settings({"TRUSTED_PROXIES": "2"}).trusted_proxies == 2
    assert read_settings({}).trusted_proxies == 0
