"""Run an import: progress bar, report and exit code."""

from collections.abc import Iterable
from pathlib import Path

import click

from cli.context import CommandContext
from cli.importing.report import describe, write_report
from cli.importing.upload import Outcome, Route, RowT, upload
from shared.contracts.inventory.importing import RefusedRow
from shared.language.translation import gettext as _

SHOWN = 20
EXIT_REFUSED = 3
"""The import is done except for some lines: neither success nor failure."""

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
REPORT = click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write all refused lines to this CSV file.",
)


def import_rows(
    context: CommandContext,
    route: Route[RowT],
    rows: Iterable[RowT | RefusedRow],
    report: Path | None,
) -> None:
    """Import the rows, print the result and set the exit code."""
    # Read the whole file before sending any of it.
    everything = list(rows)
    with click.progressbar(length=len(everything), label=_("Importing")) as bar:
        outcome = upload(context.connect(), route, everything, bar.update)
    _print(outcome)
    if report:
        write_report(report, outcome.refused)
    if outcome.refused:
        click.get_current_context().exit(EXIT_REFUSED)


def _print(outcome: Outcome) -> None:
    click.echo(
        _(
            "%(created)s created, %(changed)s changed, %(unchanged)s unchanged, "
            "%(refused)s refused",
            created=outcome.created,
            changed=outcome.changed,
            unchanged=outcome.unchanged,
            refused=len(outcome.refused),
        )
    )
    for row in outcome.refused[:SHOWN]:
        click.echo(f"  {describe(row)}", err=True)
    if len(outcome.refused) > SHOWN:
        more = len(outcome.refused) - SHOWN
        hint = _("… and %(more)s more; use --report FILE to see all", more=more)
        click.echo(f"  {hint}", err=True)
