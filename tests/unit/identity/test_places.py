import zoneinfo

import pytest

from services.identity.places import (
    check_country,
    check_locale,
    check_time_zone,
)
from shared.errors import InvalidInput
from shared.places import countries, time_zones


def test_every_time_zone_we_accept_can_be_used() -> None:
    assert len(time_zones()) > 500

    for name in time_zones():
        zoneinfo.ZoneInfo(name)


@pytest.mark.parametrize(
    "name", ["", "CEST", "europe/berlin", "../etc/passwd", "Factory", "x" * 10_000]
)
def test_no_other_time_zone_is_accepted(name: str) -> None:
    assert check_time_zone("Europe/Berlin") == "Europe/Berlin"

    with pytest.raises(InvalidInput, match="bad_time_zone"):
        check_time_zone(name)


@pytest.mark.parametrize("code", ["", "D", "DEU", "EU", "UK", "XX", "ZZ", "ß", "\0\0"])
def test_a_country_is_one_of_iso_3166(code: str) -> None:
    assert len(countries()) == 249
    assert check_country(" de ") == "DE"

    with pytest.raises(InvalidInput, match="bad_country"):
        check_country(code)


@pytest.mark.parametrize(
    ("tag", "kept"),
    [
        ("en", "en"),
        ("de-AT", "de-AT"),
        ("PT-br", "pt-BR"),
        ("zh-hant-TW", "zh-Hant-TW"),
    ],
)
def test_a_locale_is_kept_in_its_one_spelling(tag: str, kept: str) -> None:
    assert check_locale(tag) == kept


@pytest.mark.parametrize(
    "tag",
    ["", "xx", "german", "en_US", "../../en", "en-", "\u0661", "x" * 10_000, "e\0"],
)
def test_a_locale_nobody_can_write_in_is_refused(tag: str) -> None:
    with pytest.raises(InvalidInput, match="bad_locale"):
        check_locale(tag)
