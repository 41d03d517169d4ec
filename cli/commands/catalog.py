"""``client-area catalog``."""

from pathlib import Path

import click

from cli.context import CommandContext
from cli.import_command import FILE, REPORT, import_rows
from cli.importing.catalog_files import FORMATS, read_catalog
from cli.importing.upload import CATALOG


@click.group()
def catalog() -> None:
    """Manage what you sell: service families, plans and prices."""


@catalog.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    default="auto",
    help="The format of FILE; auto detects it from the name and content.",
)
@click.option(
    "--currency",
    default="USD",
    help="The currency of a libcloud file, which doesn't name one.",
)
@REPORT
@click.pass_obj
def import_catalog(
    context: CommandContext,
    file: Path,
    file_format: str,
    currency: str,
    report: Path | None,
) -> None:
    """Import families, plans and prices from FILE.

    FILE is CSV (UTF-8, with a header) or a JSON list of objects with the columns
    family, family_name, plan, plan_name, currency, period, price and, optionally,
    icon. It can also be Apache Libcloud's price file (libcloud/data/pricing.json).

    If the import fails, nothing is changed. Importing the same file twice changes
    nothing either. Entries that are not in FILE stay as they are, and services keep
    their current prices.

    Exit codes: 0 if all lines were imported, 3 if some were refused, 1 if nothing was
    imported because of an error.
    """
    import_rows(context, CATALOG, read_catalog(file, file_format, currency), report)
