"""The provider's bank account, as the settings say: what passes can be paid to."""

import pytest

from services.billing.gateways.bank_transfer import BankTransfer
from services.billing.gateways.settings import read_gateways
from services.billing.parties.sellers import FIRST, Sellers
from shared.contracts.billing.payments import GatewayName
from shared.money import Money
from shared.settings import SettingError, read_settings
from web.funds.sepa import sepa_code

BANK = {
    "BANK_RECIPIENT": "Client Area GmbH",
    "BANK_IBAN": "DE89370400440532013000",
    "BANK_BIC": "COBADEFFXXX",
    "BANK_NAME": "A bank",
}


def _bank(**changes: str) -> BankTransfer:
    gateways = read_gateways(read_settings({**BANK, **changes}), Sellers())
    gateway = gateways[GatewayName.BANK_TRANSFER]
    assert isinstance(gateway, BankTransfer)
    return gateway


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"BANK_BIC": ""},
        {"BANK_BIC": "cobadeff xxx"},
        {"BANK_BIC": " COBADEFF "},
        {"BANK_IBAN": "MT84 MALT 0110 0001 2345 MTLC AST0 01S"},
        {"BANK_RECIPIENT": "  Zażółć Gęślą Jaźń S.A.  "},
        {"BANK_RECIPIENT": "x" * 70},
    ],
)
def test_an_account_that_is_accepted_fits_into_the_code(
    changes: dict[str, str],
) -> None:
    instructions = _bank(**changes).instructions(
        FIRST, Money("11.90", "EUR"), "TU-4F7K-2M9Q-8RTW"
    )
    assert instructions is not None
    assert sepa_code(instructions)


def test_blanks_are_ignored_in_an_account() -> None:
    account = _bank(
        BANK_RECIPIENT=" Client Area GmbH ",
        BANK_IBAN="de89 3704 0044 0532 0130 00",
        BANK_BIC="cobadeff xxx",
    ).accounts[FIRST]
    assert (account.recipient, account.iban, account.bic) == (
        BANK["BANK_RECIPIENT"],
        BANK["BANK_IBAN"],
        BANK["BANK_BIC"],
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BANK_RECIPIENT", ""),
        ("BANK_RECIPIENT", "x" * 71),
        ("BANK_RECIPIENT", "Client Area\nGmbH"),
        ("BANK_IBAN", ""),
        ("BANK_IBAN", "DE89370400440532013001"),
        ("BANK_BIC", "COBADEFFX"),
        ("BANK_BIC", "a bank"),
    ],
)
def test_an_account_that_nobody_could_pay_to_is_refused_by_name(
    name: str, value: str
) -> None:
    with pytest.raises(SettingError, match=name):
        _bank(**{name: value})
