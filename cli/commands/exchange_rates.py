"""``client-area rates``: exchange rates."""

from pathlib import Path

import click

from cli.batches import batches
from cli.context import CommandContext
from cli.import_command import EXIT_REFUSED, FILE
from cli.importing.exchange_rates import read_rates
from shared.contracts import billing
from shared.language.translation import gettext as _


@click.group()
def rates() -> None:
    """Manage exchange rates, used for VAT on documents in foreign currencies."""


@rates.command("import")
@click.argument("file", type=FILE)
@click.option("--source", default="ECB", help="The publisher, shown on invoices.")
@click.pass_obj
def import_rates(context: CommandContext, file: Path, source: str) -> None:
    """Import the European Central Bank's reference rates from FILE.

    FILE is eurofxref-hist.csv, its zip, eurofxref-daily.xml or eurofxref-hist.xml.
    For another central bank, use a CSV in the same format, with rates per euro.
    Invoices that wait for a rate are issued shortly after.

    Importing the same file twice changes nothing. A rate that is already stored for a
    day never changes, because documents may use it.

    Exit code: 3 if FILE has a different rate for a day than the stored one.
    """
    added = known = 0
    refused: list[billing.exchange_rates.ChangedRate] = []
    for batch in batches(read_rates(file), billing.exchange_rates.MAX_RATES):
        request = billing.exchange_rates.ImportExchangeRates(rates=batch, source=source)
        done = context.call(billing.exchange_rates.IMPORT_EXCHANGE_RATES, request)
        added, known = added + done.added, known + done.known
        refused += done.refused
    click.echo(
        _(
            "%(added)s added, %(known)s already stored, %(refused)s refused",
            added=added,
            known=known,
            refused=len(refused),
        )
    )
    for each in refused:
        difference = _(
            "%(day)s %(currency)s: %(offered)s refused, %(stored)s is already stored",
            day=each.day,
            currency=each.currency,
            offered=f"{each.offered:f}",
            stored=f"{each.known.normalize():f}",
        )
        click.echo(f"  {difference}", err=True)
    if refused:
        click.get_current_context().exit(EXIT_REFUSED)
