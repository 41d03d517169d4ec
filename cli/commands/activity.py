"""``client-area activity``: the trail of what people and operators did."""

from datetime import datetime
from itertools import islice

import click

from cli.batches import pages
from cli.context import CommandContext
from shared.contracts.identity.activity import (
    SEARCH_ACTIVITY,
    ActivityEntry,
    ActivityPage,
    SearchActivity,
)

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def activity() -> None:
    """Read the trail of what people and operators did."""


@activity.command("list")
@click.option("--email", default="", show_default=False, help="One person's email.")
@click.option("--company", help="A company's ID or exact name.")
@click.option("--method", "methods", multiple=True, help="Such as identity.log_in.")
@click.option("--from", "first", type=_DAY, help="The first day (UTC).")
@click.option("--to", "last", type=_DAY, help="The last day (UTC).")
@click.option("--limit", default=100, type=click.IntRange(1), help="At most so many.")
@click.pass_obj
def list_activity(  # noqa: PLR0913  each narrows the list
    context: CommandContext,
    /,
    *,
    email: str,
    company: str | None,
    methods: tuple[str, ...],
    first: datetime | None,
    last: datetime | None,
    limit: int,
) -> None:
    """List what was done, the latest first: time, who, what, from where.

    Only what was done with an account or company of yours is recorded; see the
    operators' guide.
    """
    company_id = context.find_company(company).id if company else None

    def ask(cursor: str | None) -> ActivityPage:
        request = SearchActivity(
            email=email,
            company_id=company_id,
            methods=list(methods),
            first_day=first.date() if first else None,
            last_day=last.date() if last else None,
            cursor=cursor,
        )
        return context.call(SEARCH_ACTIVITY, request)

    found = pages(ask, lambda page: page.next)
    for entry in islice((each for page in found for each in page.entries), limit):
        click.echo(_line(entry))


def _line(entry: ActivityEntry) -> str:
    """One act in one line; its fields are as ``name=value``."""
    who = entry.actor.name or str(entry.user_id or "")
    recorded = " ".join(f"{name}={value}" for name, value in entry.recorded.items())
    parts = (
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        f"{entry.actor.kind.value}:{who}",
        entry.method,
        str(entry.company_id or "-"),
        entry.network or "-",
        recorded,
    )
    return "  ".join(parts).rstrip()
