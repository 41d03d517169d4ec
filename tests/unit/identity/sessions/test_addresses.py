import pytest

from services.identity.sessions.addresses import normalise_address, shorten, site_of


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


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.7", "203.0.113.x"),
        ("2001:db8:7:1::1", "2001:db8:7:x"),
        ("::1", "0:0:0:x"),
        ("", ""),
    ],
)
def test_people_are_shown_the_network_alone(address: str, shown: str) -> None:
    assert shorten(address) == shown
