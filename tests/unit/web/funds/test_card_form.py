"""Where the card's form comes from, by the settings."""

import pytest

from shared.settings import SettingError, read_settings
from web.funds.card_form import SCRIPT_URL, read_card_script

STAND_IN = {"STRIPE_JS_URL": "http://127.0.0.1:8420/js.stripe.com/v3/"}


def test_the_script_is_stripes_own() -> None:
    assert read_card_script(read_settings({})).url == SCRIPT_URL


def test_a_stand_in_is_all_that_its_page_may_load() -> None:
    script = read_card_script(read_settings(STAND_IN))

    assert script.sources.directives == (
        "script-src 'self' http://127.0.0.1:8420; frame-src http://127.0.0.1:8420; "
        "connect-src 'self' http://127.0.0.1:8420"
    )


def test_a_stand_in_is_refused_on_a_public_address() -> None:
    public = {"PUBLIC_URL": "https://clients.example.com"}

    with pytest.raises(SettingError, match="STRIPE_JS_URL"):
        read_card_script(read_settings(public | STAND_IN))
