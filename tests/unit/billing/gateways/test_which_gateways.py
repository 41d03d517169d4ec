"""Which gateways there are, by the settings."""

import subprocess
import sys
from dataclasses import replace

import pytest

from services.billing.gateways.settings import read_gateways
from services.billing.parties.sellers import DEMO_SELLER, Sellers
from shared.contracts.billing.payments import GatewayName
from shared.settings import SettingError, read_settings

STRIPE = {
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
}
BANK = {"BANK_RECIPIENT": "Client Area GmbH", "BANK_IBAN": "DE89370400440532013000"}
PUBLIC = {"PUBLIC_URL": "https://clients.example.com"}


def gateways(environment: dict[str, str]) -> list[GatewayName]:
    return list(read_gateways(read_settings(environment), Sellers()))


def test_without_settings_there_is_no_way_to_pay() -> None:
    assert gateways(PUBLIC) == []


def test_only_the_demos_seller_has_an_account_by_default() -> None:
    assert gateways({}) == [GatewayName.BANK_TRANSFER]
    assert gateways({"DEMO": "no"}) == []
    assert not list(
        read_gateways(read_settings({}), Sellers(replace(DEMO_SELLER, name="Ours")))
    )


def test_cards_are_offered_before_bank_transfer() -> None:
    offered = gateways(PUBLIC | BANK | STRIPE)

    assert offered == [GatewayName.STRIPE, GatewayName.BANK_TRANSFER]


@pytest.mark.parametrize("missing", STRIPE)
def test_stripe_is_set_up_whole_or_not_at_all(missing: str) -> None:
    half = {name: value for name, value in STRIPE.items() if name != missing}

    with pytest.raises(SettingError, match="belong together"):
        gateways(PUBLIC | half)


def test_a_fake_stripe_is_refused_on_a_public_address() -> None:
    fake_services = STRIPE | {"STRIPE_API_BASE": "http://127.0.0.1:8420"}
    assert GatewayName.STRIPE in gateways(fake_services)

    with pytest.raises(SettingError, match="STRIPE_API_BASE"):
        gateways(PUBLIC | fake_services)


def test_without_its_keys_stripes_sdk_is_not_loaded() -> None:
    program = "import sys, services.billing.__main__; print('stripe' in sys.modules)"

    run = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert run.stdout.strip() == "False"
