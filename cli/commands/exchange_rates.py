"""``client-area rates``: exchange rates."""

from pathlib import Path

import click

from cli.batches import batches
from cli.context import CommandContext
from cli.import_command import EXIT_REFUSED, FILE
from cli.importing.exchange_rates import read_rates
from shared.contracts import billing


@click.group()
def rates() -> None:
    """Exchange rates, for VAT on documents in other currencies than your own."""


@rates.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--source", default="ECB", help="Who published them; printed on invoices."
)
@click.pass_obj
def import_rates(context: CommandContext, file: Path, source: str) -> None:
    """Load the European Central Bank's reference rates from FILE.

    FILE is its eurofxref-hist.csv, the zip of it, or eurofxref-daily.xml or -hist.xml.
    Another central bank's rates, of what a euro is worth, are taken as such a CSV.
    Invoices that wait for a rate are issued moments later.
    The same file again changes nothing. A rate that is known for its day stays as it
    is, since documents may have been issued by it.

    Ends with 3 when FILE has another rate for a day than the one that is known.
    """
    added = known = 0
    refused: list[billing.exchange_rates.ChangedRate] = []
    for batch in batches(read_rates(file), billing.exchange_rates.MAX_RATES):
        request = billing.exchange_rates.ImportExchangeRates(rates=batch, source=source)
        done = context.call(billing.exchange_rates.IMPORT_EXCHANGE_RATES, request)
        added, known = added + done.added, known + done.known
        refused += done.refused
    click.echo(f"{added} added, {known} known already, {len(refused)} refused")
    for each in refused:
        click.echo(
            f"  {each.day} {each.currency}: {each.known.normalize():f} is known, "
            f"{each.offered:f} was refused",
            err=True,
        )
    if refused:
        click.get_current_context().exit(EXIT_REFUSED)
