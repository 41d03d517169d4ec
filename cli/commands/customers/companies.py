"""``client-area companies``: who owns services and wallets."""

from pathlib import Path
from uuid import UUID

import click

from cli.batches import pages, print_progress
from cli.commands.customers.company_export import write_archive
from cli.context import CommandContext
from shared.contracts import identity
from shared.contracts.identity.accounts import leaving, operating
from shared.contracts.identity.accounts.closing import CLOSE_COMPANY, CloseCompany
from shared.language.translation import gettext as _
from shared.language.translation import mark

_COMPANY = click.option(
    "--company", required=True, help="The company's ID or exact name."
)


@click.group()
def companies() -> None:
    """Manage companies, which own services and wallets."""


@companies.command("list")
@click.option("--name", help="Only companies with this exact name.")
@click.pass_obj
def list_companies(context: CommandContext, name: str | None) -> None:
    """List up to 1000 companies by name: ID, country, name."""
    found = context.call(
        identity.companies.FIND_COMPANIES, identity.companies.FindCompanies(name=name)
    )
    for company in found.companies:
        click.echo(f"{company.id}  {company.address.country}  {company.name}")


@companies.command("create")
@click.option("--name", required=True, help="The legal name.")
@click.option("--owner", type=click.UUID, required=True, help="The owner's user ID.")
@click.option("--country", required=True, help="ISO 3166 code, such as DE.")
@click.option("--street", default="", show_default=False)
@click.option("--postal-code", default="", show_default=False)
@click.option("--city", default="", show_default=False)
@click.option("--region", default="", show_default=False)
@click.option("--time-zone", default="UTC", help="An IANA name, used for billing.")
@click.option("--private", is_flag=True, help="A private individual.")
@click.pass_obj
def create_company(
    context: CommandContext,
    /,
    *,
    name: str,
    owner: UUID,
    time_zone: str,
    private: bool,
    **address: str,
) -> None:
    """Create a company with its owner and print its ID."""
    request = identity.companies.CreateCompany(
        name=name,
        address=identity.companies.Address(**address),
        owner_id=owner,
        time_zone=time_zone,
        is_business=not private,
    )
    click.echo(context.call(identity.companies.CREATE_COMPANY, request).id)


@companies.command("republish")
@click.pass_obj
def republish(context: CommandContext) -> None:
    """Send the current state of all companies again, as events.

    Billing and others that keep a copy of companies update it from these.
    """

    def send_after(last_company: UUID | None) -> identity.companies.Republished:
        request = identity.companies.RepublishCompanies(after_company_id=last_company)
        return context.call(identity.companies.REPUBLISH_COMPANIES, request)

    sent = pages(send_after, lambda page: page.last_company_id)
    message = mark("companies sent: %(count)s")
    print_progress(message, (page.count for page in sent))


@companies.command("show")
@_COMPANY
@click.pass_obj
def show_company(context: CommandContext, company: str) -> None:
    """Show a company: address, type, state."""
    found = context.find_company(company)
    address = found.address
    place = f"{address.postal_code} {address.city}".strip()
    kind = _("Business") if found.is_business else _("Private")
    closed = f" ({found.closed_at:%Y-%m-%d})" if found.closed_at else ""
    for label, value in (
        (_("ID"), found.id),
        (_("Legal name"), found.name),
        (_("Type"), kind),
        (_("Address"), ", ".join(filter(None, (address.street, place)))),
        (_("Country"), address.country),
        (_("Time zone"), found.time_zone),
        (_("State"), f"{found.standing.value}{closed}"),
    ):
        if value:
            click.echo(f"{label}: {value}")


@companies.command("lock")
@_COMPANY
@click.option("--reason", required=True, help="Why, for operators only.")
@click.pass_obj
def lock_company(context: CommandContext, company: str, reason: str) -> None:
    """Let a company's members read only. Services and charges continue."""
    company_id = context.find_company(company).id
    request = operating.LockCompany(company_id=company_id, reason=reason)
    context.call(operating.LOCK_COMPANY, request)
    click.echo(_("Locked."))


@companies.command("unlock")
@_COMPANY
@click.pass_obj
def unlock_company(context: CommandContext, company: str) -> None:
    """Let a locked company's members act again."""
    company_id = context.find_company(company).id
    context.call(
        operating.UNLOCK_COMPANY, operating.UnlockCompany(company_id=company_id)
    )
    click.echo(_("Unlocked."))


@companies.command("close")
@_COMPANY
@click.confirmation_option(prompt="End all services of this company permanently?")
@click.pass_obj
def close_company(context: CommandContext, company: str) -> None:
    """Close a company permanently, on behalf of its owner.

    Its services end and open top-ups are cancelled. To refund what is left, run
    `client-area refunds list-last`.
    """
    found = context.find_company(company)
    context.call(CLOSE_COMPANY, CloseCompany(name=found.name), found.id)
    click.echo(_("Closed."))


@companies.command("export")
@_COMPANY
@click.option(
    "--to",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The ZIP file to write.",
)
@click.pass_obj
def export_company(context: CommandContext, company: str, file: Path) -> None:
    """Save a company as a ZIP of JSON files.

    It has the details, members, wallets, services, documents and transactions.
    """
    write_archive(context, context.find_company(company), file)
    click.echo(str(file))


@companies.command("erase")
@_COMPANY
@click.confirmation_option(prompt="Erase the details of this company permanently?")
@click.pass_obj
def erase_company(context: CommandContext, company: str) -> None:
    """Erase the details of a closed company permanently.

    Its members leave. Documents and transactions stay, as the law requires.
    """
    company_id = context.find_company(company).id
    context.call(leaving.ERASE_COMPANY, leaving.EraseCompany(company_id=company_id))
    click.echo(_("Erased."))
