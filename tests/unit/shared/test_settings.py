"""Settings that make no sense are refused with their name."""

import pytest

from shared.settings import SettingError, SignUp, is_of_origin, read_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "x"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "1.5"),
        ("TRUSTED_PROXIES", "²"),
        ("PORT", "x"),
        ("PORT", "65536"),
        ("ADMIN_PORT", "x"),
        ("PUBLIC_URL", "localhost"),
        ("PUBLIC_URL", "http://my.example.com"),
        ("PUBLIC_URL", "http://10.0.0.1:8000"),
        ("TLS_CERTIFICATE", "/etc/ssl/my.pem"),
        ("TLS_KEY", "/etc/ssl/my.key"),
        ("DEMO", "maybe"),
        ("SIGN_UP", "yes"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        read_settings({name: value})


def test_a_setting_that_makes_sense_is_taken() -> None:
    assert read_settings({"TRUSTED_PROXIES": "2"}).trusted_proxies == 2
    assert read_settings({}).trusted_proxies == 0


def test_a_site_with_a_certificate_is_never_at_an_http_address() -> None:
    tls = {"TLS_CERTIFICATE": "/etc/ssl/my.pem", "TLS_KEY": "/etc/ssl/my.key"}

    assert read_settings(tls | {"PORT": "8443"}).public_url == "https://localhost:8443"
    with pytest.raises(SettingError, match="PUBLIC_URL"):
        read_settings(tls | {"PUBLIC_URL": "http://localhost:8443"})


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "127.0.0.1"),
        ({"PUBLIC_URL": "https://my.example.com"}, "0.0.0.0"),
        ({"LISTEN": "0.0.0.0"}, "0.0.0.0"),
        ({"PUBLIC_URL": "https://my.example.com", "LISTEN": "10.0.0.1"}, "10.0.0.1"),
    ],
)
def test_only_a_public_address_is_listened_on_everywhere_unasked(
    environment: dict[str, str], address: str
) -> None:
    assert read_settings(environment).listen == address


def test_at_a_public_address_people_sign_up_to_terms_that_they_can_read() -> None:
    public = {"PUBLIC_URL": "https://my.example.com", "SIGN_UP": "on"}
    terms = {"PROVIDER_TERMS_URL": "https://example.com/terms", "TERMS_VERSION": "3"}

    for missing in terms:
        given = {name: text for name, text in terms.items() if name != missing}
        with pytest.raises(SettingError, match="SIGN_UP"):
            read_settings(public | given)
    assert read_settings(public | terms).sign_up == SignUp(
        is_on=True, terms_version="3"
    )
    assert not read_settings({}).sign_up.is_on


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, True),
        ({"DEMO": "yes"}, True),
        ({"DEMO": "no"}, False),
        ({"DEMO": "yes", "PUBLIC_URL": "https://my.example.com"}, False),
    ],
)
def test_the_demo_is_never_where_others_could_log_in(
    environment: dict[str, str], *, wanted: bool
) -> None:
    settings = read_settings(environment)

    assert settings.wants_demo is wanted
    assert bool(settings.provider.support_address()) is wanted


@pytest.mark.parametrize(
    ("address", "public_url", "is_ours"),
    [
        ("https://my.example.com/funds", "https://my.example.com", True),
        ("https://MY.example.com:443/", "https://my.example.com", True),
        ("https://my.example.com:8443/", "https://my.example.com", False),
        ("http://my.example.com/", "https://my.example.com", False),
        ("https://my.example.com.evil.example/", "https://my.example.com", False),
        ("https://my.example.com@evil.example/", "https://my.example.com", False),
        ("https://you:me@my.example.com/", "https://my.example.com", False),
        ("//my.example.com/", "https://my.example.com", False),
        ("javascript:alert(1)", "https://my.example.com", False),
        ("https://[", "https://my.example.com", False),
        ("", "https://my.example.com", False),
        ("http://localhost:8080/funds", "http://localhost:8000", True),
        ("http://localhost.example/", "http://localhost:8000", False),
    ],
)
def test_an_address_is_ours_by_scheme_host_and_port(
    address: str, public_url: str, *, is_ours: bool
) -> None:
    assert is_of_origin(address, public_url) is is_ours
