"""``client-area services``."""

from functools import cache
from pathlib import Path
from uuid import UUID

import click

from launcher.cli.desk import Desk
from launcher.cli.imports import FILE, REPORT, import_rows
from launcher.importing.service_files import FORMATS, read_services
from launcher.importing.upload import SERVICES


@click.group()
def services() -> None:
    """What companies have of your catalogue."""


@services.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    default="auto",
    help="What FILE is; auto goes by its name.",
)
@REPORT
@click.pass_obj
def import_services(
    desk: Desk, file: Path, file_format: str, report: Path | None
) -> None:
    """Load companies' services from FILE.

    FILE is CSV (UTF-8, with a header) or a JSON list of objects, with the columns
    company (its id or exact name), reference (yours, one per service of a company),
    name, plan, currency, period and, if you like, state (pending, active, suspended;
    active unless given and new), price (the plan's unless given) and activated_at.

    A service that exists is brought to what FILE says, but no suspension is lifted. All
    of it is loaded at once or, when something fails, nothing; the same file again
    changes nothing.

    Ends with 0 when every line was taken, 3 when some were refused, and 1 when nothing
    was loaded because of an error.
    """

    # A refusal is not remembered, but then a file has few of those.
    @cache
    def find_company(text: str) -> UUID:
        return desk.find_company(text).id

    import_rows(desk, SERVICES, read_services(file, file_format, find_company), report)
