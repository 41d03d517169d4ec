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
from shared.language.translation import gettext as _


@click.group()
def services() -> None:
    """Manage companies' services."""


@services.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    default="auto",
    help="The format of FILE; auto detects it from the name.",
)
@REPORT
@click.pass_obj
def import_services(
    context: CommandContext, file: Path, file_format: str, report: Path | None
) -> None:
    """Import companies' services from FILE.

    FILE is CSV (UTF-8, with a header) or a JSON list of objects with the columns
    company (ID or exact name), reference (your own, unique per company), name, plan,
    currency, period and, optionally, state (pending, active or suspended; new services
    are active by default), price (default: the plan's) and activated_at.

    Existing services are updated, but suspended services stay suspended. If the import
    fails, nothing is changed. Importing the same file twice changes nothing either.

    Exit codes: 0 if all lines were imported, 3 if some were refused, 1 if nothing was
    imported because of an error.
    """

    # Refusals are not cached; a file has few of them.
    @cache
    def find_company(text: str) -> UUID:
        return context.find_company(text).id

    import_rows(
        context, SERVICES, read_services(file, file_format, find_company), report
    )


@services.command("suspend")
@click.option("--service", type=click.UUID, required=True, help="The service's ID.")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in SuspensionReason]),
    required=True,
    help="payment: resumes automatically once paid; policy: you resume it.",
)
@click.option("--why", required=True, help="The explanation the customer sees.")
@click.pass_obj
def suspend(context: CommandContext, service: UUID, reason: str, why: str) -> None:
    """Suspend an active service."""
    request = inventory.lifecycle.Suspend(
        service_id=service, reason=SuspensionReason(reason), why=why
    )
    suspended = context.call(inventory.lifecycle.SUSPEND_SERVICE, request)
    click.echo(_("suspended: %(service)s", service=suspended.name))


@services.command("resume")
@click.option("--service", type=click.UUID, required=True, help="The service's ID.")
@click.option("--why", required=True, help="The explanation the customer sees.")
@click.pass_obj
def resume(context: CommandContext, service: UUID, why: str) -> None:
    """Resume a suspended service."""
    request = inventory.lifecycle.ChangeState(service_id=service, why=why)
    resumed = context.call(inventory.lifecycle.RESUME_SERVICE, request)
    click.echo(_("resumed: %(service)s", service=resumed.name))
