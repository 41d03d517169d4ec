"""``client-area charging``: charge services now instead of waiting for the job."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import click

from cli.batches import pages
from cli.context import CommandContext
from shared.contracts import billing
from shared.language.translation import gettext as _

BATCH = 50


@dataclass
class _Total:
    services: int = 0
    periods: int = 0
    amount: Decimal = Decimal(0)


@click.group()
def charging() -> None:
    """Charge services in advance from wallets."""


@charging.command("run")
@click.option("--dry-run", is_flag=True, help="Only show what would be charged.")
@click.pass_obj
def run(context: CommandContext, *, dry_run: bool) -> None:
    """Charge everything that is due, each period once.

    The job does the same every minute; both can run at the same time. This command
    works through the wallets one by one and is safe to interrupt and rerun. A dry run
    shows what is due, even if the balance doesn't cover it.
    """

    def charge_after(last_wallet: UUID | None) -> billing.charging.Charged:
        request = billing.charging.ChargeDue(
            dry_run=dry_run, after_wallet_id=last_wallet, limit=BATCH
        )
        return context.call(billing.charging.CHARGE_DUE, request)

    totals: dict[str, _Total] = defaultdict(_Total)
    wallets = 0
    for charged in pages(charge_after, lambda page: page.last_wallet_id):
        wallets += charged.wallets
        _add(totals, charged.sums)
        click.echo(_("wallets checked: %(count)s", count=wallets))
    for currency, total in sorted(totals.items()):
        click.echo(_line(total, currency, dry_run=dry_run))
    if not totals:
        click.echo(_("Nothing is due."))


def _line(total: _Total, currency: str, *, dry_run: bool) -> str:
    values = {
        "amount": f"{total.amount:f} {currency}",
        "periods": total.periods,
        "services": total.services,
    }
    if dry_run:
        return _(
            "to charge: %(amount)s for %(periods)s periods of %(services)s services",
            **values,
        )
    return _(
        "charged: %(amount)s for %(periods)s periods of %(services)s services",
        **values,
    )


def _add(
    totals: dict[str, _Total], sums: Sequence[billing.charging.ChargedSum]
) -> None:
    for each in sums:
        if not each.services:
            continue
        total = totals[each.amount.currency.code]
        total.services += each.services
        total.periods += each.periods
        total.amount += each.amount.amount
