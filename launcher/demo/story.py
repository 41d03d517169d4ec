"""The demo's people and companies and their last 90 days.

A step happens at ``day`` days before today. Steps of one day happen in their order.
"""

from dataclasses import dataclass, field
from typing import Literal

from shared.settings import DEMO_PASSWORD

PASSWORD = DEMO_PASSWORD


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    time_zone: str


@dataclass(frozen=True)
class DemoCompany:
    key: str
    name: str
    owner: str
    country: str
    city: str
    street: str
    postal_code: str
    time_zone: str
    currency: str
    members: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """An ordered service; it is activated the same day unless ``pending``."""

    day: int
    company: str
    reference: str
    name: str
    plan: str
    period: str
    pending: bool = False


Action = Literal[
    "suspend-payment",
    "suspend-policy",
    "resume",
    "request-termination",
    "withdraw-termination",
    "terminate",
    "cancel",
    "change-plan",
    "change-price",
]


@dataclass(frozen=True)
class Change:
    day: int
    reference: str
    action: Action
    why: str
    value: str = ""


@dataclass(frozen=True)
class Movement:
    """An operator's adjustment, in the company's currency."""

    day: int
    company: str
    kind: str
    amount: str
    reason: str


@dataclass(frozen=True)
class TopUp:
    """A top-up by the company's owner, net, in its currency, paid ``payments`` times.

    ``refund`` is the reason for an immediate refund, if any. A top-up ``by_bank`` waits
    for its transfer.
    """

    day: int
    company: str
    net: str
    payments: int = 1
    refund: str = ""
    by_bank: bool = False


TOTP_SECRETS = {"secure@example.com": "JBSWY3DPEHPK3PXP"}
"""The secrets of authenticator apps; nobody else has a second factor."""

PEOPLE = (
    Person("demo@example.com", "Dana Demo", "Europe/Berlin"),
    Person("viewer@example.com", "Viktor Viewer", "Europe/Berlin"),
    Person("secure@example.com", "Selma Secure", "Europe/Berlin"),
    Person("borealis@example.com", "Bogna Nowak", "Europe/Warsaw"),
    Person("other@example.com", "Oliver Other", "Europe/London"),
)

COMPANIES = (
    DemoCompany(
        key="aurora",
        name="Aurora Digital GmbH",
        owner="demo@example.com",
        country="DE",
        city="Hamburg",
        street="Speicherstraße 12",
        postal_code="20457",
        time_zone="Europe/Berlin",
        currency="EUR",
        members={"viewer@example.com": "viewer", "secure@example.com": "billing"},
    ),
    DemoCompany(
        key="borealis",
        name="Borealis Labs sp. z o.o.",
        owner="borealis@example.com",
        country="PL",
        city="Gdańsk",
        street="ul. Długa 45",
        postal_code="80-831",
        time_zone="Europe/Warsaw",
        currency="PLN",
        members={"demo@example.com": "admin"},
    ),
    DemoCompany(
        key="cirrus",
        name="Cirrus Ltd",
        owner="other@example.com",
        country="GB",
        city="Bristol",
        street="9 Harbourside Walk",
        postal_code="BS1 5TY",
        time_zone="Europe/London",
        currency="GBP",
    ),
)

ORDERS = (
    Order(90, "aurora", "AU-1001", "aurora-digital.de", "web-pro", "year"),
    Order(88, "aurora", "AU-1002", "shop.aurora-digital.de", "web-shop", "month"),
    Order(88, "aurora", "AU-1003", "blog.aurora-digital.de", "web-start", "month"),
    Order(88, "aurora", "AU-1004", "Customer files", "storage-500", "month"),
    Order(88, "aurora", "AU-1005", "Build artefacts", "storage-100", "month"),
    Order(88, "aurora", "AU-1006", "Office VPN", "vpn-25", "month"),
    Order(88, "aurora", "AU-1007", "web-01", "lxc-m", "hour"),
    Order(88, "aurora", "AU-1008", "web-02", "lxc-m", "hour"),
    Order(88, "aurora", "AU-1009", "db-01", "lxc-l", "month"),
    Order(88, "aurora", "AU-1010", "db-02", "lxc-l", "month"),
    Order(86, "aurora", "AU-1011", "db-01 backup", "backup-daily", "day"),
    Order(86, "aurora", "AU-1012", "db-02 backup", "backup-daily", "day"),
    Order(85, "aurora", "AU-1013", "cache-01", "lxc-s", "hour"),
    Order(80, "aurora", "AU-1014", "hv-01", "server-a", "month"),
    Order(80, "aurora", "AU-1015", "hv-01 installation", "server-setup", "once"),
    Order(78, "aurora", "AU-1016", "hv-01 backup", "backup-daily", "day"),
    Order(75, "aurora", "AU-1017", "staging-01", "lxc-s", "hour"),
    Order(74, "aurora", "AU-1018", "staging-02", "lxc-s", "hour"),
    Order(70, "aurora", "AU-1019", "landing.aurora-digital.de", "web-start", "year"),
    Order(72, "aurora", "AU-1020", "Media archive", "storage-2000", "month"),
    Order(60, "aurora", "AU-1021", "ci-runner-01", "lxc-l", "hour"),
    Order(60, "aurora", "AU-1022", "ci-runner-02", "lxc-l", "hour"),
    Order(55, "aurora", "AU-1023", "Field team VPN", "vpn-5", "week"),
    Order(50, "aurora", "AU-1024", "demo.aurora-digital.de", "web-start", "month"),
    Order(45, "aurora", "AU-1025", "metrics-01", "lxc-m", "month"),
    Order(42, "aurora", "AU-1026", "mail-01", "lxc-m", "month"),
    Order(40, "aurora", "AU-1027", "Mail archive", "storage-500", "month"),
    Order(37, "aurora", "AU-1028", "hv-02", "server-b", "month"),
    Order(33, "aurora", "AU-1029", "hv-02 backup", "backup-daily", "day"),
    Order(28, "aurora", "AU-1030", "analytics-01", "lxc-s", "hour"),
    Order(21, "aurora", "AU-1031", "campaign.aurora-digital.de", "web-pro", "month"),
    Order(14, "aurora", "AU-1032", "Partner VPN", "vpn-5", "month"),
    Order(10, "aurora", "AU-1033", "old-project", "storage-100", "month", pending=True),
    Order(3, "aurora", "AU-1034", "hv-03", "server-b", "month", pending=True),
    Order(1, "aurora", "AU-1035", "hv-03 backup", "backup-daily", "day", pending=True),
    Order(88, "borealis", "BO-1001", "borealislabs.pl", "web-pro", "month"),
    Order(82, "borealis", "BO-1002", "research-01", "lxc-l", "month"),
    Order(82, "borealis", "BO-1003", "research-02", "lxc-l", "month"),
    Order(70, "borealis", "BO-1004", "Measurements", "storage-2000", "month"),
    Order(26, "borealis", "BO-1005", "Lab VPN", "vpn-5", "month"),
    Order(12, "borealis", "BO-1006", "compute-01", "server-a", "month"),
    Order(88, "cirrus", "CI-1001", "cirrus.example", "web-shop", "month"),
    Order(77, "cirrus", "CI-1002", "app-01", "lxc-m", "month"),
    Order(48, "cirrus", "CI-1003", "Design assets", "storage-500", "month"),
    Order(15, "cirrus", "CI-1004", "Secret project", "lxc-xl", "month"),
)

CHANGES = (
    Change(61, "AU-1009", "change-plan", "The database needed more memory.", "lxc-xl"),
    Change(52, "AU-1018", "suspend-policy", "Open mail relay reported to our desk."),
    Change(51, "AU-1018", "resume", "The relay was closed; thank you."),
    Change(47, "AU-1009", "change-plan", "Moved to its own server.", "lxc-l"),
    Change(41, "AU-1005", "change-price", "New price list for storage.", "5.20"),
    Change(38, "AU-1024", "request-termination", "The demo is over."),
    Change(36, "AU-1024", "withdraw-termination", "It is shown at the next fair too."),
    Change(9, "AU-1033", "cancel", "Ordered twice by mistake."),
    Change(9, "AU-1017", "suspend-policy", "Outdated software under attack."),
    Change(8, "AU-1026", "suspend-policy", "Unsolicited mail was sent from it."),
    Change(6, "AU-1013", "terminate", "Replaced by the shared cache."),
    Change(5, "AU-1031", "request-termination", "The campaign ends this month."),
    Change(4, "AU-1019", "request-termination", "Not needed any longer."),
    Change(4, "AU-1026", "request-termination", "Mail moves to another provider."),
    Change(
        1,
        "AU-1030",
        "change-plan",
        "Quarterly analysis needs more power; asked for by Dana Demo.",
        "lxc-xl",
    ),
    Change(7, "BO-1005", "suspend-policy", "Shared with people outside the company."),
    Change(2, "BO-1003", "request-termination", "The experiment is finished."),
    Change(3, "CI-1003", "request-termination", "Moved to another bucket."),
)

MOVEMENTS = (
    Movement(90, "aurora", "opening_balance", "750.00", "Balance carried over"),
    Movement(62, "aurora", "correction", "600.00", "Bank transfer, booked by hand"),
    Movement(31, "aurora", "correction", "210.00", "Bank transfer, booked by hand"),
    Movement(18, "aurora", "goodwill", "25.00", "Outage of 2 hours in Hamburg"),
    Movement(90, "borealis", "opening_balance", "2400.00", "Balance carried over"),
    Movement(90, "cirrus", "opening_balance", "300.00", "Balance carried over"),
)

TOP_UPS = (
    TopUp(40, "aurora", "60.00", refund="Topped up by mistake, as you told us"),
    TopUp(20, "aurora", "90.00"),
    TopUp(4, "aurora", "50.00", payments=2),
    TopUp(1, "aurora", "40.00", payments=0),
    TopUp(2, "borealis", "80.00", by_bank=True),
)

CREDIT_LIMITS = {"aurora": "100.00", "borealis": "0.00", "cirrus": "50.00"}
