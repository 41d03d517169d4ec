"""The demonstration provider's catalogue: families, plans, prices per currency."""

from decimal import Decimal

from shared.contracts.inventory.importing import CatalogRow

FAMILIES = {
    "storage": ("Storage", "database"),
    "lxc": ("LXC", "box"),
    "hosting": ("Hosting", "world"),
    "vpn": ("VPN", "shield-lock"),
    "dedicated": ("Dedicated Servers", "server"),
    "backup": ("Backup", "history"),
}

PLANS: dict[str, tuple[str, str, dict[str, str]]] = {
    "storage-100": ("storage", "Object Storage 100 GB", {"month": "4.90"}),
    "storage-500": ("storage", "Object Storage 500 GB", {"month": "19.90"}),
    "storage-2000": ("storage", "Object Storage 2 TB", {"month": "64.00"}),
    "lxc-s": ("lxc", "LXC S, 1 vCPU, 2 GB", {"hour": "0.0068", "month": "4.50"}),
    "lxc-m": ("lxc", "LXC M, 2 vCPU, 4 GB", {"hour": "0.0137", "month": "9.00"}),
    "lxc-l": ("lxc", "LXC L, 4 vCPU, 8 GB", {"hour": "0.0274", "month": "18.00"}),
    "lxc-xl": ("lxc", "LXC XL, 16 vCPU, 64 GB", {"hour": "0.2190", "month": "144.00"}),
    "web-start": ("hosting", "Web Start", {"month": "3.90", "year": "39.00"}),
    "web-pro": ("hosting", "Web Pro", {"month": "9.90", "year": "99.00"}),
    "web-shop": ("hosting", "Web Shop", {"month": "24.90", "year": "249.00"}),
    "vpn-5": ("vpn", "Team VPN, 5 seats", {"week": "2.50", "month": "9.50"}),
    "vpn-25": ("vpn", "Team VPN, 25 seats", {"week": "9.80", "month": "38.00"}),
    "server-a": ("dedicated", "Server A, 8 cores, 64 GB", {"month": "79.00"}),
    "server-b": ("dedicated", "Server B, 32 cores, 256 GB", {"month": "219.00"}),
    "server-setup": ("dedicated", "Server installation", {"once": "49.00"}),
    "backup-daily": ("backup", "Daily backup, 30 days", {"day": "0.35"}),
}
"""By code: the family, the name, and the price in EUR per period."""

RATES = {"EUR": Decimal(1), "PLN": Decimal("4.3"), "GBP": Decimal("0.86")}
"""The price lists' own factors; nothing is ever converted after that."""

EXCHANGE_RATES = {"GBP": "0.8625", "PLN": "4.2315", "USD": "1.0805"}
"""What a euro is worth in the demo: its invoices need that of their day, or nearly."""


def catalog_rows() -> list[CatalogRow]:
    """Return the whole catalogue as import rows."""
    rows: list[CatalogRow] = []
    for plan, (family, name, prices) in PLANS.items():
        for period, price in prices.items():
            for currency, rate in RATES.items():
                family_name, icon = FAMILIES[family]
                rows.append(
                    CatalogRow(
                        line=str(len(rows) + 1),
                        family_code=family,
                        family_name=family_name,
                        icon=icon,
                        plan_code=plan,
                        plan_name=name,
                        currency=currency,
                        period=period,
                        price=f"{Decimal(price) * rate:f}",
                    )
                )
    return rows
