"""``client-area inventory`` and ``client-area ledger``: are the figures right?

And, where others' are not, ``inventory republish`` to have them made anew.
"""

from collections.abc import Sequence

import click

from launcher.cli.desk import Desk
from shared.contracts import billing
from shared.contracts import inventory as contract


@click.group()
def inventory() -> None:
    """Look after the inventory's own figures."""


@inventory.command("verify-counters")
@click.pass_obj
def verify_counters(desk: Desk) -> None:
    """Count all services anew and compare with the counters.

    Changes nothing. Ends with 1 when there is a difference.
    """
    found = desk.call(contract.VERIFY_COUNTERS, contract.VerifyCounters())
    _tell(found.differences, "The counters are right.")


@inventory.command("republish")
@click.pass_obj
def republish(desk: Desk) -> None:
    """Send the present state of all services again, as events.

    Whoever keeps a copy of them, as billing does, brings it up to date.
    """
    count, after = 0, None
    while True:
        request = contract.RepublishServices(after_service_id=after)
        sent = desk.call(contract.REPUBLISH_SERVICES, request)
        count, after = count + sent.count, sent.last_service_id
        click.echo(f"services sent: {count}")
        if after is None:
            return


@click.group()
def ledger() -> None:
    """Look after the books."""


@ledger.command("verify")
@click.pass_obj
def verify(desk: Desk) -> None:
    """Add up all postings anew and compare with balances and roll-ups.

    Changes nothing. Ends with 1 when there is a difference.
    """
    found = desk.call(billing.VERIFY_BOOKS, billing.VerifyBooks())
    _tell(found.differences, "The books are right.")


def _tell(differences: Sequence[str], all_right: str) -> None:
    for difference in differences:
        click.echo(difference)
    if differences:
        click.get_current_context().exit(1)
    click.echo(all_right)
