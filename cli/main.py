"""Register all command groups of ``client-area``; each has its own module."""

from cli.commands.activity import activity
from cli.commands.catalog import catalog
from cli.commands.charging import charging
from cli.commands.checks import inventory, ledger
from cli.commands.customers.companies import companies
from cli.commands.customers.members import members
from cli.commands.customers.users import users
from cli.commands.documents import documents
from cli.commands.exchange_rates import rates
from cli.commands.notices import notices
from cli.commands.payments import payments
from cli.commands.refunds import refunds
from cli.commands.services import services
from cli.commands.taxes import tax
from cli.commands.verification import verification
from cli.commands.wallets import wallet
from cli.context import main

__all__ = ["main"]

_GROUPS = (
    catalog,
    services,
    inventory,
    ledger,
    users,
    companies,
    members,
    notices,
    activity,
    wallet,
    charging,
    payments,
    refunds,
    documents,
    rates,
    tax,
    verification,
)
for group in _GROUPS:
    main.add_command(group)
