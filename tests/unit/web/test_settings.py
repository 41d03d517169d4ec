"""Web's settings: where the form for a card comes from."""

import pytest

from shared.settings import SettingError, read_settings
from web.settings import CARD_SCRIPT_URL, read_web_settings

STAND_IN = {"STRIPE_JS_URL": "http://127.0.0.1:8420/js.stripe.com/v3/"}


def test_the_script_is_stripes_own() -> None:
    assert read_web_settings(read_settings({})).card_script_url == CARD_SCRIPT_URL


def test_a_fake_is_accepted_at_a_loopback_address() -> None:
    settings = read_web_settings(read_settings(STAND_IN))

    assert settings.card_script_url == STAND_IN["STRIPE_JS_URL"]


def test_a_fake_is_refused_on_a_public_address() -> None:
    public = {"PUBLIC_URL": "https://clients.example.com"}

    with pytest.raises(SettingError, match="STRIPE_JS_URL"):
        read_web_settings(read_settings(public | STAND_IN))
