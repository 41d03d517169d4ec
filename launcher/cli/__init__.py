"""The operator's command line: ``client-area``.

It calls the services, over RabbitMQ where one is known and else in its own process; it
never touches their databases. One module per group of commands.
"""

from launcher.cli.catalog import catalog
from launcher.cli.charging import charging
from launcher.cli.checks import inventory, ledger
from launcher.cli.customers import companies, members, users
from launcher.cli.desk import Desk, main
from launcher.cli.documents import documents
from launcher.cli.exchange_rates import rates
from launcher.cli.payments import payments
from launcher.cli.refunds import refunds
from launcher.cli.services import services
from launcher.cli.taxes import tax
from launcher.cli.wallets import wallet

__all__ = ["Desk", "main"]

_GROUPS = (
    catalog,
    services,
    inventory,
    ledger,
    users,
    companies,
    members,
    wallet,
    charging,
    payments,
    refunds,
    documents,
    rates,
    tax,
)
for group in _GROUPS:
    main.add_command(group)
