"""``client-area services``."""

from functools import cache
from pathlib import Path
from uuid import UUID

import click

from cli.context import CommandContext
from cli.import_command import FILE, REPORT, import_rows
from cli.importing.service_files import FORMATS, read_services
from cli.importing.upload import SERVICES
from shared.contracts import inventory
from shared.contracts.inventory.services import SuspensionReason


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
    context: CommandContext, file: Path, file_format: str, report: Path | None
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
        return context.find_company(text).id

    import_rows(
        context, SERVICES, read_services(file, file_format, find_company), report
    )


@services.command("suspend")
@click.option("--service", type=click.UUID, required=True, help="Its id.")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in SuspensionReason]),
    required=True,
    help="payment: it resumes by itself once it is paid.",
)
@click.option("--why", required=True, help="In words; the customer reads it.")
@click.pass_obj
def suspend(context: CommandContext, service: UUID, reason: str, why: str) -> None:
    """Stop an active service until it is resumed."""
    request = inventory.lifecycle.Suspend(
        service_id=service, reason=SuspensionReason(reason), why=why
    )
    suspended = context.call(inventory.lifecycle.SUSPEND_SERVICE, request)
    click.echo(f"suspended: {suspended.name}")


@services.command("resume")
@click.option("--service", type=click.UUID, required=True, help="Its id.")
@click.option("--why", required=True, help="In words; the customer reads it.")
@click.pass_obj
def resume(context: CommandContext, service: UUID, why: str) -> None:
    """Let a suspended service go on."""
    request = inventory.lifecycle.ChangeState(service_id=service, why=why)
    resumed = context.call(inventory.lifecycle.RESUME_SERVICE, request)
    click.echo(f"resumed: {resumed.name}")
