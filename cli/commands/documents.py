"""``client-area documents``: invoices and credit notes."""

import csv
import sys
from collections.abc import Iterator
from datetime import datetime

import click

from cli.amounts import refund_summary
from cli.batches import pages
from cli.context import AGAIN, KEY, MONEY, CommandContext
from shared.contracts import billing
from shared.language.translation import gettext as _
from shared.money import Money
from shared.text import guard_cell

COLUMNS = (
    "number",
    "kind",
    "issued_on",
    "paid_on",
    "company_id",
    "company",
    "country",
    "vat_id",
    "currency",
    "net",
    "tax",
    "gross",
    "tax_category",
    "rate_percent",
    "tax_rule",
    "payment_method",
    "corrects",
    "accounting_currency",
    "accounting_tax",
    "exchange_rate",
    "rate_day",
    "seller",
    "reference",
)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def documents() -> None:
    """Manage proformas, invoices and credit notes.

    Write an amount and its currency as one argument: '12.50 EUR'.
    """


@documents.command("credit")
@click.argument("number")
@click.option(
    "--net", type=MONEY, help="The amount without tax; default: as much as possible."
)
@click.option("--reason", required=True, help="The reason, shown on the credit note.")
@AGAIN
@KEY
@click.pass_obj
def credit(
    context: CommandContext,
    number: str,
    net: Money | None,
    reason: str,
) -> None:
    """Credit the invoice NUMBER and refund its payment, fully or partly.

    Refunds at most the current balance of the wallet. The credit note is issued
    shortly after.

    Exit code: 4 if the same amount of the payment was refunded within the last hour.
    """
    request = billing.documents.CreditInvoice(
        number=number, net=net, reason=reason, again=context.again
    )
    done = context.call(billing.documents.CREDIT_INVOICE, request)
    click.echo(refund_summary(done))


@documents.command("complete")
@click.argument("number")
@click.pass_obj
def complete(context: CommandContext, number: str) -> None:
    """Correct the invoice NUMBER if it doesn't show its VAT in your own currency.

    A credit note cancels it and a new invoice replaces it. No money moves. Only
    invoices from earlier versions need this.
    """
    request = billing.documents.CompleteInvoice(number=number)
    context.call(billing.documents.COMPLETE_INVOICE, request)
    click.echo(_("A credit note and a new invoice will be issued shortly."))


@documents.command("rebuild")
@click.argument("number")
@click.option("--replace", is_flag=True, help="Replace files that are not damaged too.")
@click.pass_obj
def rebuild(context: CommandContext, number: str, *, replace: bool) -> None:
    """Rebuild the files of the document NUMBER from its stored content.

    The content stays as issued. An intact file that would differ from the rebuilt one
    is kept unless you add --replace.
    """
    request = billing.documents.RebuildDocument(number=number, replaces=replace)
    context.call(billing.documents.REBUILD_DOCUMENT, request)
    click.echo(_("rebuilt: %(number)s", number=number))


@documents.command("waiting")
@click.pass_obj
def waiting(context: CommandContext) -> None:
    """List documents that are not issued yet, with the exchange rate they need.

    They are issued once you import the rate. Exit code: 1 if there are any.
    """
    request = billing.documents.ListWaitingDocuments()
    found = context.call(billing.documents.LIST_WAITING_DOCUMENTS, request).documents
    for it in found:
        click.echo(
            f"{it.ordered_at:%Y-%m-%d %H:%M}  {it.kind.value}  {it.reference}"
            f"  {it.gross.amount:f} {it.gross.currency.code}"
            f"  {it.waits_for or _('see the log: document_not_issued')}"
            f"  {it.company} ({it.company_id})"
        )
    click.echo(_("documents: %(count)s", count=len(found)), err=True)
    if found:
        click.get_current_context().exit(1)


@documents.command("export")
@click.option(
    "--from", "first", type=_DAY, required=True, help="The first day: 2026-01-01."
)
@click.option("--to", "last", type=_DAY, required=True, help="The last day, included.")
@click.pass_obj
def export(context: CommandContext, first: datetime, last: datetime) -> None:
    """Export all documents issued in a period as CSV, for bookkeeping.

    Writes to standard output, in the order of issue. Amounts are as on the documents,
    so those of credit notes are positive too. Exit code: 1 if the export is incomplete.
    """
    if first > last:
        raise click.UsageError(_("--from is after --to."))
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for row in _rows(context, first, last):
        writer.writerow(_cells(row))


def _rows(
    context: CommandContext, first: datetime, last: datetime
) -> Iterator[billing.documents.BookkeepingRow]:
    def ask(cursor: str | None) -> billing.documents.BookkeepingPage:
        request = billing.documents.ExportDocuments(
            first_day=first.date(), last_day=last.date(), cursor=cursor
        )
        return context.call(billing.documents.EXPORT_DOCUMENTS, request)

    for page in pages(ask, lambda page: page.next):
        yield from page.rows


def _cells(it: billing.documents.BookkeepingRow) -> tuple[object, ...]:
    accounting = it.accounting_tax
    return (
        it.number,
        it.kind.value,
        it.issued_on,
        it.paid_on or "",
        it.company_id,
        guard_cell(it.name),
        it.country,
        guard_cell(it.vat_id),
        it.gross.currency.code,
        f"{it.net.amount:f}",
        f"{it.tax.amount:f}",
        f"{it.gross.amount:f}",
        it.tax_category.value,
        f"{it.rate_percent:f}",
        it.tax_rule,
        it.gateway.value if it.gateway else "",
        it.corrects,
        accounting.tax.currency.code if accounting else "",
        f"{accounting.tax.amount:f}" if accounting else "",
        f"{accounting.rate:f}" if accounting else "",
        accounting.rate_day if accounting else "",
        guard_cell(it.seller),
        it.reference,
    )
