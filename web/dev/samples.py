"""Made-up data for the page of all pieces: the plain, the extreme and the hostile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from shared.contracts.billing.dashboard import (
    BalanceLevel,
    CostBreakdown,
    CostLine,
    DueLine,
    FamilyCosts,
    Recommendation,
    Wallet,
)
from shared.contracts.billing.documents import DocumentState
from shared.contracts.identity.memberships import CompanyMembership, Role
from shared.contracts.identity.people import User, VerificationStep
from shared.contracts.identity.signing_in import Protection
from shared.contracts.inventory.reading import DashboardCounters, FamilyCounters
from shared.contracts.inventory.services import Period, ServiceState, SuspensionReason
from shared.money import Money, currency_of, ledger_ratio
from shared.permissions import Permission
from web.dashboard.costs import Costs
from web.dashboard.counters import Counters
from web.dashboard.security import SecurityView
from web.page.blocks import BlockView
from web.page.frame import Balance, Frame, OtherBalance
from web.page.recommended import Outlook

COMPANY_ID = UUID("8f14e45f-ceea-4b67-8c1b-000000000001")
AT = datetime(2026, 3, 14, 13, 2, tzinfo=UTC)

LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten" * 3
EMOJI_NAME = "🚀 Rocket & Söhne <b>bold</b> 👩‍👩‍👧‍👦"
RTL_NAME = "شركة الشفق الرقمي"


def euros(amount: str) -> Money:
    return Money(Decimal(amount), currency_of("EUR"))


def yen(amount: str) -> Money:
    return Money(Decimal(amount), currency_of("JPY"))


PER = Period.MONTH
POSITIONS = {"storage": 1, "hosting": 2}
AMOUNTS = (
    ("Plain", euros("1234.50")),
    ("Zero", euros("0")),
    ("Negative", euros("-87.05")),
    ("One cent", euros("0.01")),
    ("Huge", euros("9999999999999999.99")),
    ("Without decimal places", yen("-1250000")),
)
PRICES = (
    ("Per hour", euros("0.0052")),
    ("Per month", euros("49.9")),
    ("Per request", euros("0.0000004")),
)
STATES = (
    (ServiceState.PENDING, None, False),
    (ServiceState.ACTIVE, None, False),
    (ServiceState.ACTIVE, None, True),
    (ServiceState.SUSPENDED, SuspensionReason.PAYMENT, False),
    (ServiceState.SUSPENDED, SuspensionReason.POLICY, True),
    (ServiceState.TERMINATED, None, False),
    (ServiceState.CANCELLED, None, False),
)
DOCUMENT_STATES = tuple(DocumentState)
SERVICES = (
    ("web-01.aurora.example", "VPS Medium", ServiceState.ACTIVE, euros("24.9")),
    (LONG_NAME, "Object Storage", ServiceState.SUSPENDED, euros("0.00042")),
    (EMOJI_NAME, "Managed 🐘 PostgreSQL", ServiceState.PENDING, euros("119")),
    (RTL_NAME, "استضافة", ServiceState.TERMINATED, euros("-3.5")),
    (
        "campaign.aurora-digital.example",
        "Web Pro, 4 vCPU and 8 GB",
        ServiceState.ACTIVE,
        euros("1234567.89"),
    ),
)
FamilySample = tuple[str, str, str, int, int]
"""Code, name, icon, how many services, and how many of them are suspended."""

FAMILIES: tuple[FamilySample, ...] = (
    ("storage", "Storage", "database", 12, 1),
    ("lxc", "LXC", "box", 8, 0),
    ("hosting", "Hosting", "world-www", 1240, 0),
    ("vpn", "VPN", "shield", 3, 2),
    ("long", LONG_NAME, "no-such-icon", 1, 0),
    ("rtl", RTL_NAME, "cloud", 2, 0),
)


def frame() -> Frame:
    """The frame of a person with two companies, wallets in two currencies and 2FA."""
    aurora = _company(1, "Aurora Digital GmbH")
    user = User(
        id=COMPANY_ID,
        email="demo@example.com",
        name="Mara Lindqvist",
        locale="en",
        time_zone="Europe/Berlin",
        two_factor_enabled=False,
        is_verified=False,
    )
    return Frame(
        user=user,
        company=aurora,
        companies=[aurora, _company(2, EMOJI_NAME), _company(3, LONG_NAME)],
        balance=_view("balance", balance()),
        menu=_view("menu", counters()),
        bell=_view("bell", 3),
        at="family:storage",
        permissions=frozenset(Permission),
    )


def empty_frame() -> Frame:
    """A long company name and a frame whose services have not answered yet."""
    long_name = _company(1, LONG_NAME)
    return replace(
        frame(),
        company=long_name,
        companies=[long_name],
        balance=_view("balance", state="waiting"),
        menu=_view("menu", state="waiting"),
    )


def crowded_frame() -> Frame:
    """Forty families and wallets in five currencies, with amounts that fill a strip."""
    wallets = [OtherBalance(euros("1"), euros("0"), euros("1"))] * 4
    full = replace(balance(), balance=euros("-123456.78"), other_wallets=wallets)
    families = [
        (f"family-{number}", f"Family {number}", "server", number, number % 3)
        for number in range(1, 41)
    ]
    return replace(
        frame(),
        balance=_view("balance", full),
        menu=_view("menu", counters(families)),
        at="family:family-40",
    )


def balance() -> Balance:
    return Balance(
        currency="EUR",
        balance=euros("-1284.07"),
        credit_limit=euros("2000"),
        available=euros("715.93"),
        recent=[],
        other_wallets=[OtherBalance(yen("125000"), yen("0"), yen("125000"))],
    )


def counters(families: Sequence[FamilySample] = FAMILIES) -> DashboardCounters:
    return DashboardCounters(
        families=[
            FamilyCounters(
                code=code,
                name=name,
                icon=icon,
                position=position,
                pending=0,
                active=total - suspended,
                suspended=suspended,
                termination_requested=suspended,
            )
            for position, (code, name, icon, total, suspended) in enumerate(families, 1)
        ]
    )


def costs() -> Costs:
    """Hourly, monthly and yearly services."""
    breakdown = CostBreakdown(
        currency="EUR",
        hourly=euros("0.598630"),
        daily=euros("14.367123"),
        weekly=euros("100.569863"),
        monthly=euros("437"),
        yearly=euros("5244"),
        service_count=25,
        lines=[
            _cost_line(("storage", "Storage"), Period.HOUR, 12, "0.0504", "36.792"),
            _cost_line(("hosting", "Hosting"), Period.MONTH, 12, "398.5", "398.5"),
            _cost_line(("long", LONG_NAME), Period.YEAR, 1, "20.496", "1.708"),
        ],
        families=[
            family_costs("hosting", "Hosting", 12, "398.5"),
            family_costs("storage", "Storage", 12, "36.792"),
            family_costs("long", LONG_NAME, 1, "1.708"),
        ],
    )
    return Costs(breakdown)


def outlook() -> Outlook:
    """A wallet below zero, with a part of its credit left."""
    it, recommended = balance(), _recommendation()
    wallet = Wallet(
        id=COMPANY_ID,
        currency=it.currency,
        is_primary=True,
        balance=it.balance,
        credit_limit=it.credit_limit,
        available=it.available,
        comfort_buffer=recommended.comfort_buffer,
        recommendation=recommended,
        recent=[],
        level=BalanceLevel.BELOW_ZERO,
    )
    return Outlook(wallet, euros("14.367123"))


def service_blocks() -> list[tuple[str, BlockView]]:
    """The services summary in each of its states."""
    nothing = Counters(DashboardCounters(families=[]))
    return _in_each_state("services", Counters(counters()), nothing)


def cost_blocks() -> list[tuple[str, BlockView]]:
    """The costs in each of their states."""
    return _in_each_state("costs", [costs()], [])


def recommended_blocks() -> list[tuple[str, BlockView]]:
    """What to add, in each of its states."""
    return _in_each_state("recommended", [outlook()], [])


def balance_blocks() -> list[tuple[str, BlockView]]:
    """The strip in each of its states."""
    return _in_each_state("balance", balance(), None)


def security_blocks() -> list[tuple[str, BlockView]]:
    """What protects an account: with steps left, when all is well, and failing."""
    well = Protection(
        verified=list(VerificationStep),
        to_verify=[],
        recovery_codes_left=8,
        members=1,
        unprotected=[],
    )
    names = [EMOJI_NAME, LONG_NAME, RTL_NAME]
    open_ = Protection(
        verified=[],
        to_verify=list(VerificationStep),
        recovery_codes_left=2,
        members=4,
        unprotected=names,
    )
    missing = SecurityView(
        is_on=False, may_verify=True, is_verified=False, protection=open_
    )
    all_well = SecurityView(
        is_on=True, may_verify=True, is_verified=True, protection=well
    )
    return _in_each_state("security", missing, all_well)


def _in_each_state(name: str, data: Any, empty: Any) -> list[tuple[str, BlockView]]:
    return [
        ("Fresh", _view(f"{name}-fresh", data)),
        ("Empty", _view(f"{name}-empty", empty)),
        ("Stale", _view(f"{name}-stale", data, state="stale")),
        ("Waiting", _view(f"{name}-waiting", state="waiting")),
        ("Unavailable", _view(f"{name}-unavailable", state="unavailable")),
        ("Not allowed", _view(f"{name}-not-allowed", state="not_allowed")),
        ("Unprotected", _view(f"{name}-unprotected", state="unprotected")),
    ]


def _view(name: str, data: Any = None, state: Any = "fresh") -> BlockView:
    as_of = AT if state == "stale" else None
    return BlockView(name, COMPANY_ID, state, data, as_of, adds_funds=True)


def _company(number: int, name: str) -> CompanyMembership:
    company_id = UUID(int=COMPANY_ID.int - 1 + number)
    return CompanyMembership(company_id=company_id, company_name=name, role=Role.OWNER)


def _cost_line(
    family: tuple[str, str], period: Period, count: int, amount: str, monthly: str
) -> CostLine:
    return CostLine(
        family_code=family[0],
        family_name=family[1],
        period=period,
        service_count=count,
        amount=euros(amount),
        monthly=euros(monthly),
    )


def family_costs(code: str, name: str, count: int, monthly: str) -> FamilyCosts:
    hourly = Fraction(monthly) / 730
    return FamilyCosts(
        family_code=code,
        family_name=name,
        service_count=count,
        hourly=ledger_ratio(hourly, "EUR"),
        daily=ledger_ratio(24 * hourly, "EUR"),
        weekly=ledger_ratio(168 * hourly, "EUR"),
        monthly=euros(monthly),
        yearly=ledger_ratio(8760 * hourly, "EUR"),
    )


def _recommendation() -> Recommendation:
    due_lines = [
        DueLine(
            family_code="hosting",
            family_name="Hosting",
            period=Period.MONTH,
            service_count=12,
            amount=euros("398.5"),
        ),
        DueLine(
            family_code="storage",
            family_name="Storage",
            period=Period.HOUR,
            service_count=12,
            amount=euros("36.288"),
        ),
    ]
    return Recommendation(
        amount=euros("1829"),
        due=euros("434.788"),
        overdue=euros("59.8"),
        overdue_service_count=2,
        comfort_buffer=euros("50"),
        balance=euros("-1284.07"),
        exact=euros("1828.658"),
        minimum=euros("10"),
        horizon_days=30,
        due_until=datetime(2026, 4, 13, 13, 2, tzinfo=UTC),
        due_lines=due_lines,
    )
