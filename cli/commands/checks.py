"""``client-area inventory`` and ``client-area ledger``: verify derived figures.

The rebuild commands correct a service's own figures; the republish commands correct
the copies that other services keep.
"""

from collections.abc import Sequence
from uuid import UUID

import click

from cli.batches import pages, print_progress
from cli.context import CommandContext
from shared.contracts import billing
from shared.contracts.inventory.upkeep import (
    REBUILD_COUNTERS,
    REPUBLISH_SERVICES,
    VERIFY_COUNTERS,
    RebuildCounters,
    RebuiltCounters,
    Republished,
    RepublishServices,
    VerifyCounters,
)
from shared.language.translation import gettext as _
from shared.language.translation import mark

_COMPANIES_DONE = mark("companies done: %(count)s")
COMPANY = click.option("--company", help="Only this company: its ID or exact name.")


@click.group()
def inventory() -> None:
    """Check and repair the service counters."""


@inventory.command("verify-counters")
@click.pass_obj
def verify_counters(context: CommandContext) -> None:
    """Count all services and compare the result with the counters.

    Changes nothing. Exit code: 1 if there is a difference.
    """
    found = context.call(VERIFY_COUNTERS, VerifyCounters())
    _print(found.differences, _("The counters are correct."))


@inventory.command("rebuild-counters")
@COMPANY
@click.pass_obj
def rebuild_counters(context: CommandContext, company: str | None) -> None:
    """Count services and correct the counters.

    Works through the companies one by one and is safe to interrupt and rerun. Services
    can be changed in the meantime.
    """
    company_id = _id(context, company)

    def rebuild_after(last_company: UUID | None) -> RebuiltCounters:
        request = RebuildCounters(company_id=company_id, after_company_id=last_company)
        return context.call(REBUILD_COUNTERS, request)

    rebuilt = pages(rebuild_after, lambda page: page.last_company_id)
    print_progress(_COMPANIES_DONE, (page.count for page in rebuilt))


@inventory.command("republish")
@click.pass_obj
def republish(context: CommandContext) -> None:
    """Send the current state of all services again, as events.

    Billing and others that keep a copy of services update it from these.
    """

    def send_after(last_service: UUID | None) -> Republished:
        request = RepublishServices(after_service_id=last_service)
        return context.call(REPUBLISH_SERVICES, request)

    sent = pages(send_after, lambda page: page.last_service_id)
    message = mark("services sent: %(count)s")
    print_progress(message, (page.count for page in sent))


@click.group()
def ledger() -> None:
    """Check and repair the books."""


@ledger.command("verify")
@click.pass_obj
def verify(context: CommandContext) -> None:
    """Add up all postings and compare them with the balances and roll-ups.

    Changes nothing. Exit code: 1 if there is a difference.
    """
    found = context.call(billing.books.VERIFY_BOOKS, billing.books.VerifyBooks())
    _print(found.differences, _("The books are correct."))


@ledger.command("republish")
@click.pass_obj
def republish_payments(context: CommandContext) -> None:
    """Send inventory the services to suspend, resume or terminate again.

    Inventory acts on these even if it received something else before.
    """
    context.call(
        billing.charging.REPUBLISH_PAYMENTS, billing.charging.RepublishPayments()
    )
    click.echo(_("Billing will send all of them to inventory again."))


@ledger.command("rebuild")
@COMPANY
@click.pass_obj
def rebuild(context: CommandContext, company: str | None) -> None:
    """Add up recurring costs and renewals and correct the roll-ups.

    Works through the companies one by one and is safe to interrupt and rerun. Services
    can be changed in the meantime. Postings and balances don't change.
    """
    company_id = _id(context, company)

    def rebuild_after(last_company: UUID | None) -> billing.books.RebuiltRollups:
        request = billing.books.RebuildRollups(
            company_id=company_id, after_company_id=last_company
        )
        return context.call(billing.books.REBUILD_ROLLUPS, request)

    rebuilt = pages(rebuild_after, lambda page: page.last_company_id)
    print_progress(_COMPANIES_DONE, (page.count for page in rebuilt))


def _id(context: CommandContext, company: str | None) -> UUID | None:
    return None if company is None else context.find_company(company).id


def _print(differences: Sequence[str], all_correct: str) -> None:
    for difference in differences:
        click.echo(difference)
    if differences:
        click.get_current_context().exit(1)
    click.echo(all_correct)
