"""Customers of every tax outcome, and amounts that round badly, for property tests."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from hypothesis import strategies as st

from services.billing.gateways.gateway import Checkout, Order
from services.billing.gateways.sandbox import SandboxGateway
from services.billing.limits import Limits, TopUpLimits
from services.billing.models import TaxId
from services.billing.seller import DEMO_SELLER
from services.billing.territories import MEMBER_STATES
from shared.contracts.billing import tax
from shared.contracts.billing.tax import TaxIdMatch, TaxIdState
from shared.contracts.billing.top_ups import GatewayName
from tests.integration.billing.office import Office

PLACES = {"EUR": 2, "GBP": 2, "JPY": 0, "PLN": 2, "USD": 2}
"""Decimal places of currencies (ISO 4217)."""

HUNDREDTHS = (1900, 2550, 2100, 1700, 1, 333, 777, 2350, 9999, 0, 810, 1250, 3333)
"""Rates in hundredths of a percent: real ones, and such that round badly."""

RATES = {
    country: HUNDREDTHS[number % len(HUNDREDTHS)]
    for number, country in enumerate(sorted(MEMBER_STATES))
}
ELSEWHERE = ("US", "CH", "GB", "JP")


class PromptGateway(SandboxGateway):
    """The sandbox without its server: an order is taken as soon as it is given."""

    name: ClassVar[GatewayName] = GatewayName.SANDBOX

    def open_checkout(self, order: Order) -> Checkout:
        return Checkout(str(order.payment_id), self.url)


@dataclass(frozen=True)
class Customer:
    """``checked`` is what the register said of the VAT ID; None where there is none."""

    country: str
    is_business: bool
    checked: tuple[TaxIdState, TaxIdMatch | None] | None

    @property
    def hundredths(self) -> int:
        """The rate they pay, in hundredths of a percent."""
        if self.country not in MEMBER_STATES:
            return 0
        abroad = self.country != DEMO_SELLER.country
        if abroad and self.is_business and self.checked in COUNTS:
            return 0
        return RATES[self.country]


COUNTS = [
    (TaxIdState.VALID, TaxIdMatch.MATCHES),
    (TaxIdState.VALID, TaxIdMatch.NOT_DISCLOSED),
]
ANSWERS = [
    None,
    *COUNTS,
    (TaxIdState.VALID, TaxIdMatch.DIFFERS),
    (TaxIdState.INVALID, None),
    (TaxIdState.UNREACHABLE, None),
]

customers = st.builds(
    Customer,
    country=st.sampled_from([*sorted(MEMBER_STATES), *ELSEWHERE]),
    is_business=st.booleans(),
    checked=st.sampled_from(ANSWERS),
)
HALVES = (25, 50, 200, 250, 500, 1000, 5000)
_small = st.integers(0, 400)
units = st.one_of(
    st.integers(1, 100_000),
    st.integers(1, 10**9),
    st.builds(lambda odd, half: (2 * odd + 1) * half, _small, st.sampled_from(HALVES)),
)
"""Net amounts in minor units, many of whose tax ends in half a minor unit."""


def no_limits() -> Limits:
    """Anybody may top up any amount."""
    most = Decimal(10**12)
    return Limits(
        {
            currency: TopUpLimits(unit(currency), maximum=most, max_balance=most)
            for currency in PLACES
        }
    )


def add_rates(office: Office) -> None:
    """Member states have the rates above."""
    for country, hundredths in RATES.items():
        rate = tax.AddTaxRate(
            country=country,
            rate_percent=Decimal(hundredths).scaleb(-2),
            valid_from=date(2026, 1, 1),
        )
        office.call(tax.ADD_TAX_RATE, rate, office.operator())


def check_vat_id(office: Office, company_id: UUID, customer: Customer) -> None:
    """Keep what the register has answered about a customer's VAT ID, if any."""
    if not customer.checked or customer.country not in MEMBER_STATES:
        return
    state, match = customer.checked
    with office.database.system() as db:
        db.add(
            TaxId(
                company_id=company_id,
                version=1,
                number=f"{customer.country}1",
                country=customer.country,
                state=state,
                checked_at=office.clock.now(),
                match=match,
                name="",
                address="",
                proof="",
                failure="",
                failure_count=0,
                next_check_at=None,
                confirmed_by="",
                confirmed_why="",
            )
        )


def unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-PLACES[currency])


def amount(currency: str, minor_units: int) -> Decimal:
    return Decimal(minor_units).scaleb(-PLACES[currency])
