"""What the card's page may load, by where its script comes from."""

from web.funds.card_form import sources_of

STAND_IN = "http://127.0.0.1:8420/js.stripe.com/v3/"


def test_a_fake_gateway_is_all_that_its_page_may_load() -> None:
    assert sources_of(STAND_IN).directives == (
        "script-src 'self' http://127.0.0.1:8420; frame-src http://127.0.0.1:8420; "
        "connect-src 'self' http://127.0.0.1:8420"
    )
