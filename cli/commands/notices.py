"""``client-area notices``: mails that could not be sent."""

import click

from cli.batches import pages
from cli.context import CommandContext
from shared.contracts.identity.notices import (
    LIST_FAILED_NOTICES,
    FailedNotices,
    ListFailedNotices,
)
from shared.language.translation import gettext as _


@click.group()
def notices() -> None:
    """Check the mails to customers."""


@notices.command("failed")
@click.pass_obj
def failed(context: CommandContext) -> None:
    """List mails that we gave up after four days, the latest first.

    Each line ends with the mail server's number or the name of the error. Exit code: 1
    if there are any.
    """

    def ask(cursor: str | None) -> FailedNotices:
        return context.call(LIST_FAILED_NOTICES, ListFailedNotices(cursor=cursor))

    count = 0
    for page in pages(ask, lambda page: page.next):
        for it in page.notices:
            click.echo(
                f"{it.created_at:%Y-%m-%d %H:%M}  {it.kind.value}  {it.address}"
                f"  {it.attempts}  {it.failure}"
            )
        count += len(page.notices)
    click.echo(_("mails: %(count)s", count=count), err=True)
    if count:
        click.get_current_context().exit(1)
