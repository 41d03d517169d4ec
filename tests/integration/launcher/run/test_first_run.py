"""The first start loads the demo, and says so only where the demo is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from launcher.machine.keys import ensure_keys
from launcher.run.first_run import ensure_demo, print_ready
from launcher.servers.databases import SERVICES
from services.billing.gateways.bank_transfer import BankTransfer
from services.billing.gateways.settings import DEMO_ACCOUNT
from services.billing.settings import BillingSettings
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName
from shared.contracts.identity.companies import Address
from shared.settings import Settings, read_settings
from tests.fixtures.installations import begin_top_up, installation, sign_in
from tests.fixtures.sellers import POLISH, SELLERS

HINT = "Log in as demo@example.com with demo-Client-Area-1"


@pytest.fixture
def urls(new_database: Callable[[str], str]) -> dict[str, str]:
    return {name: new_database(name) for name in SERVICES}


def settings_of(var: Path, **environment: str) -> Settings:
    ensure_keys(var / "keys")
    return read_settings({"VAR": str(var), **environment})


@pytest.mark.full
def test_an_empty_installation_gets_the_demo_and_keeps_it(
    tmp_path: Path, urls: dict[str, str]
) -> None:
    settings = settings_of(tmp_path)

    assert ensure_demo(settings, urls)
    assert ensure_demo(settings, urls)


def test_an_installation_with_customers_of_its_own_has_no_demo(
    tmp_path: Path, urls: dict[str, str]
) -> None:
    with installation(urls, tmp_path) as own:
        own.customer("ada@example.com", "Analytical Engines Ltd")

    assert not ensure_demo(settings_of(tmp_path), urls)


def test_it_starts_again_after_the_second_sellers_first_sale(
    tmp_path: Path, urls: dict[str, str]
) -> None:
    bank = BankTransfer({POLISH.key: DEMO_ACCOUNT})
    two = BillingSettings(sellers=SELLERS, gateways={GatewayName.BANK_TRANSFER: bank})
    with installation(urls, tmp_path, billing=two) as own:
        address = Address(
            street="Prosta 1", postal_code="00-850", city="Warszawa", country="PL"
        )
        company_id = own.customer("jan@example.pl", "Prosta", address=address)
        wallet = billing.wallets.OpenWallet(company_id=company_id, currency="EUR")
        own.operator.call(billing.wallets.OPEN_WALLET, wallet)
        begin_top_up(sign_in(own.app(), "jan@example.pl"))

    assert not ensure_demo(settings_of(tmp_path), urls)


def test_a_public_installation_has_no_demo(
    tmp_path: Path, urls: dict[str, str]
) -> None:
    settings = settings_of(tmp_path, PUBLIC_URL="https://my.example.com")

    assert not ensure_demo(settings, urls)


def test_only_with_the_demo_is_it_said_who_to_log_in_as(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_ready("http://localhost:1", has_demo=True)
    with_demo = capsys.readouterr().out
    print_ready("http://localhost:1", has_demo=False)
    without = capsys.readouterr().out

    assert with_demo.endswith(f"http://localhost:1\n{HINT}\n")
    assert "http://localhost:1" in without
    assert "demo" not in without
