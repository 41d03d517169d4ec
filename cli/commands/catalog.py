"""``client-area catalog``."""

from pathlib import Path

import click

from cli.context import CommandContext
from cli.import_command import FILE, REPORT, import_rows
from cli.importing.catalog_files import FORMATS, read_catalog
from cli.importing.upload import CATALOG


@click.group()
def catalog() -> None:
    """What you sell: families of services, their plans, and prices."""


@catalog.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    default="auto",
    help="What FILE is; auto goes by its name and content.",
)
@click.option(
    "--currency",
    default="USD",
    help="The currency of a libcloud file, which does not say it.",
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
    """Load families, plans and prices from FILE.

    FILE is CSV (UTF-8, with a header) or a JSON list of objects, with the columns
    family, family_name, plan, plan_name, currency, period, price and, if you like,
    icon; or the price file of Apache Libcloud (libcloud/data/pricing.json).

    All of it is loaded at once or, when something fails, nothing. The same file again
    changes nothing. What FILE does not name stays as it is, and services keep the
    prices they have.

    Ends with 0 when every line was taken, 3 when some were refused, and 1 when nothing
    was loaded because of an error.
    """
    import_rows(context, CATALOG, read_catalog(file, file_format, currency), report)
