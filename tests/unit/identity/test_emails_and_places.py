import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.emails import normalise_email
from services.identity.places import (
    check_country,
    check_locale,
    check_time_zone,
)
from services.identity.throttle import normalise_address, site_of
from shared.errors import InvalidInput
from shared.places import countries, time_zones


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Alice@Example.COM ", "alice@example.com"),
        ("a.b+tag@mail.example.co.uk", "a.b+tag@mail.example.co.uk"),
        ("JO\u0308RG@example.com", "j\u00f6rg@example.com"),
        ("info@M\u00dcNCHEN.example", "info@m\u00fcnchen.example"),
        ("用户@例子.example", "用户@例子.example"),
    ],
)
def test_an_email_has_one_spelling(text: str, email: str) -> None:
    assert normalise_email(text) == email


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "@example.com",
        "alice@",
        "alice@localhost",
        "a@b@example.com",
        "al ice@example.com",
        "alice@exam ple.com",
        "alice@.com",
        "<a@example.com>",
        "x" * 65 + "@example.com",
        "a@" + "x" * 300 + ".com",
        "a\0@example.com",
        "alice@example.com\nBcc: x@example.com",
    ],
)
def test_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_email"):
        normalise_email(text)


@given(st.emails())
def test_every_plain_address_is_accepted_and_folds_once(address: str) -> None:
    try:
        email = normalise_email(address)
    except InvalidInput:
        # Quotes and brackets are legal in a local part, and nobody's address.
        assert set(address) & set('"(),:;\\[]<>') or address.count("@") != 1
        return

    assert normalise_email(email) == email
    assert normalise_email(address.upper()) == normalise_email(address.lower())


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


@pytest.mark.parametrize(
    ("text", "address", "site"),
    [
        (" 203.0.113.7 ", "203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:1::0001", "2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("localhost", "", ""),
        ("203.0.113.7:443", "", ""),
        ("\0", "", ""),
    ],
)
def test_an_address_has_one_spelling_and_counts_for_its_site(
    text: str, address: str, site: str
) -> None:
    assert normalise_address(text) == address
    assert site_of(address) == site
