"""``client-area inventory`` and ``client-area ledger``: are the figures right?

And, where they are not, commands to have them made again: ours here, others' copies by
``inventory republish``.
"""

from collections.abc import Sequence
from uuid import UUID

import click

from cli.batches import pages, tell_progress
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

COMPANY = click.option("--company", help="Only this one: its id or exact name.")


@click.group()
def inventory() -> None:
    """Look after the inventory's own figures."""


@inventory.command("verify-counters")
@click.pass_obj
def verify_counters(context: CommandContext) -> None:
    """Count all services again and compare with the counters.

    Changes nothing. Ends with 1 when there is a difference.
    """
    found = context.call(VERIFY_COUNTERS, VerifyCounters())
    _tell(found.differences, "The counters are right.")


@inventory.command("rebuild-counters")
@COMPANY
@click.pass_obj
def rebuild_counters(context: CommandContext, company: str | None) -> None:
    """Count services again and set the counters right.

    It goes from company to company and is safe to interrupt and rerun.
    Services can be changed meanwhile.
    """
    company_id = _id(context, company)

    def rebuild_after(last_company: UUID | None) -> RebuiltCounters:
        request = RebuildCounters(company_id=company_id, after_company_id=last_company)
        return context.call(REBUILD_COUNTERS, request)

    rebuilt = pages(rebuild_after, lambda page: page.last_company_id)
    tell_progress("companies done", (page.count for page in rebuilt))


@inventory.command("republish")
@click.pass_obj
def republish(context: CommandContext) -> None:
    """Send the present state of all services again, as events.

    Whoever keeps a copy of them, as billing does, brings it up to date.
    """

    def send_after(last_service: UUID | None) -> Republished:
        request = RepublishServices(after_service_id=last_service)
        return context.call(REPUBLISH_SERVICES, request)

    sent = pages(send_after, lambda page: page.last_service_id)
    tell_progress("services sent", (page.count for page in sent))


@click.group()
def ledger() -> None:
    """Look after the books."""


@ledger.command("verify")
@click.pass_obj
def verify(context: CommandContext) -> None:
    """Add up all postings again and compare with balances and roll-ups.

    Changes nothing. Ends with 1 when there is a difference.
    """
    found = context.call(billing.books.VERIFY_BOOKS, billing.books.VerifyBooks())
    _tell(found.differences, "The books are right.")


@ledger.command("republish")
@click.pass_obj
def republish_payments(context: CommandContext) -> None:
    """Tell inventory again which services to suspend, resume or end.

    Inventory acts on it, even where it was told otherwise before.
    """
    context.call(
        billing.charging.REPUBLISH_PAYMENTS, billing.charging.RepublishPayments()
    )
    click.echo("Billing will send inventory all of them again.")


@ledger.command("rebuild")
@COMPANY
@click.pass_obj
def rebuild(context: CommandContext, company: str | None) -> None:
    """Add up recurring costs and renewals again, and set the roll-ups right.

    It goes from company to company and is safe to interrupt and rerun.
    Services can be changed meanwhile. Postings and balances are left as they are.
    """
    company_id = _id(context, company)

    def rebuild_after(last_company: UUID | None) -> billing.books.RebuiltRollups:
        request = billing.books.RebuildRollups(
            company_id=company_id, after_company_id=last_company
        )
        return context.call(billing.books.REBUILD_ROLLUPS, request)

    rebuilt = pages(rebuild_after, lambda page: page.last_company_id)
    tell_progress("companies done", (page.count for page in rebuilt))


def _id(context: CommandContext, company: str | None) -> UUID | None:
    return None if company is None else context.find_company(company).id


def _tell(differences: Sequence[str], all_right: str) -> None:
    for difference in differences:
        click.echo(difference)
    if differences:
        click.get_current_context().exit(1)
    click.echo(all_right)
