"""``client-area payments``: book payments and refund them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from msgspec import structs

from cli.amounts import amount, refund_summary
from cli.batches import batches
from cli.context import AGAIN, EXIT_DONE_BEFORE, KEY, MONEY, CommandContext
from cli.import_command import EXIT_REFUSED
from cli.importing.bank_statements import LeftOut, read_statement
from shared.contracts import billing
from shared.contracts.billing.payments import (
    MAX_PARTS,
    BankBooking,
    BankBookingResult,
    BankCredit,
    part_name,
)
from shared.language.translation import gettext as _
from shared.money import Money

BATCH = 200

_DONE = frozenset({BankBookingResult.BOOKED, BankBookingResult.KNOWN})


@click.group()
def payments() -> None:
    """Manage customers' payments, refunds and disputes.

    Write an amount and its currency as one argument: '12.50 EUR'.
    """


@payments.command("book")
@click.option(
    "--reference",
    "references",
    required=True,
    multiple=True,
    help="The top-up's reference: TU-….",
)
@click.option(
    "--amount",
    "amounts",
    type=MONEY,
    required=True,
    multiple=True,
    help="The amount received, including tax.",
)
@click.option(
    "--transaction",
    required=True,
    help="The bank's transaction ID, as book-statement shows it; it is booked once.",
)
@click.option("--payer", default="", show_default=False, help="The payer's name.")
@click.option(
    "--on",
    "booked_on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The bank's booking date, which decides the tax; default: today.",
)
@click.option(
    "--payer-country",
    default="",
    show_default=False,
    help="The country of the payer's account, such as DE; evidence for VAT.",
)
@AGAIN
@click.pass_obj
def book(  # noqa: PLR0913  a payment has these parts
    context: CommandContext,
    /,
    *,
    references: Sequence[str],
    amounts: Sequence[Money],
    transaction: str,
    payer: str,
    booked_on: datetime | None,
    payer_country: str,
) -> None:
    """Book a bank transfer.

    If one transfer pays several top-ups, repeat --reference and --amount in the same
    order.

    Exit codes: 3 if it could not be booked, 4 if the same amount was booked for the
    top-up within the last hour.
    """
    whole = BankCredit(
        transaction=transaction,
        amount=amounts[0],
        text="",
        payer=payer,
        booked_on=booked_on.date() if booked_on else None,
        payer_country=payer_country,
    )
    parts = list(_parts(whole, references, amounts))
    request = billing.payments.BookBankPayments(
        credits=parts, is_typed=True, again=context.again
    )
    done = context.call(billing.payments.BOOK_BANK_PAYMENTS, request)
    _finish(Counter(_results(parts, done.bookings)))


@payments.command("book-statement")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def book_statement(context: CommandContext, file: Path) -> None:
    """Book the payments in a bank statement (CAMT.053).

    Payments are matched by the reference in their text. You can read a statement more
    than once; each payment is booked once. Everything that was not booked is listed,
    including reversals, debits with one of our references and unreadable entries.

    Exit code: 3 if anything was not booked.
    """
    statement = read_statement(file)
    counts: Counter[str] = Counter()
    for batch in batches(statement.credits, BATCH):
        request = billing.payments.BookBankPayments(credits=batch)
        done = context.call(billing.payments.BOOK_BANK_PAYMENTS, request)
        counts.update(_results(batch, done.bookings))
    for each in statement.left_out:
        counts[each.why] += 1
        click.echo(_left_out(each))
    _finish(counts)


@payments.command("refund")
@click.option("--top-up", type=click.UUID, required=True, help="The top-up's ID.")
@click.option(
    "--net", type=MONEY, help="The amount without tax; default: as much as possible."
)
@click.option("--reason", required=True, help="The reason the customer sees.")
@AGAIN
@KEY
@click.pass_obj
def refund(
    context: CommandContext,
    top_up: UUID,
    net: Money | None,
    reason: str,
) -> None:
    """Refund a top-up, fully or partly, with its tax.

    Refunds at most the current balance of the wallet, and never goodwill. If the
    top-up was paid by bank transfer, you transfer the refund yourself.

    Exit code: 4 if the same amount was refunded within the last hour.
    """
    request = billing.top_ups.RefundTopUp(
        top_up_id=top_up, net=net, reason=reason, again=context.again
    )
    done = context.call(billing.top_ups.REFUND_TOP_UP, request)
    click.echo(refund_summary(done))


@payments.command("reconcile")
@click.pass_obj
def reconcile(context: CommandContext) -> None:
    """Ask the gateways about open payments and new disputes."""
    done = context.call(
        billing.payments.RECONCILE_PAYMENTS, billing.payments.ReconcilePayments()
    )
    click.echo(
        _(
            "payments checked: %(checked)s, changed: %(changed)s, "
            "disputes found: %(disputes)s",
            checked=done.asked,
            changed=done.changed,
            disputes=done.disputes,
        )
    )


@payments.command("problems")
@click.pass_obj
def problems(context: CommandContext) -> None:
    """List problems that need your attention.

    These are disputes in a different currency than their payment, which you book with
    book-dispute, when the bank takes the money and again if you win; and refunds of the
    last 30 days that were not paid out, whose amounts are back in the wallets.
    Exit code: 3 if there are any.
    """
    found = context.call(
        billing.payments.LIST_PAYMENT_PROBLEMS, billing.payments.ListPaymentProblems()
    )
    for each in found.disputes:
        click.echo(_dispute(each))
    for each_refund in found.refunds:
        click.echo(_failed_refund(each_refund))
    count = len(found.disputes) + len(found.refunds)
    click.echo(_("problems: %(count)s", count=count))
    if count:
        click.get_current_context().exit(EXIT_REFUSED)


@payments.command("book-dispute")
@click.option("--dispute", required=True, help="The dispute's ID, as problems shows.")
@click.option(
    "--amount",
    "taken",
    type=MONEY,
    required=True,
    help="The amount the bank took, including tax, in the payment's currency.",
)
@KEY
@click.pass_obj
def book_dispute(context: CommandContext, dispute: str, taken: Money) -> None:
    """Deduct a dispute from the wallet, once.

    If the dispute was deducted before and you have won it since, the same amount is
    added to the wallet again.
    """
    request = billing.payments.BookDispute(dispute=dispute, amount=taken)
    context.call(billing.payments.BOOK_DISPUTE, request)
    click.echo(
        _(
            "%(dispute)s: %(amount)s booked",
            dispute=dispute,
            amount=amount(taken),
        )
    )


def _dispute(it: billing.payments.WaitingDispute) -> str:
    reported = _(
        "dispute %(dispute)s: %(amount)s of %(reference)s, paid in %(currency)s, "
        "reported %(day)s",
        dispute=it.dispute,
        amount=amount(it.amount),
        reference=it.reference,
        currency=it.currency,
        day=f"{it.reported_at:%Y-%m-%d}",
    )
    if it.to_give_back is None:
        return reported
    won = _("won, %(amount)s to refund", amount=amount(it.to_give_back))
    return f"{reported}\n  {won}"


def _failed_refund(it: billing.payments.FailedRefund) -> str:
    return _(
        "refund %(refund)s: %(amount)s of %(reference)s was not paid out "
        "(%(reason)s), %(day)s",
        refund=it.id,
        amount=amount(it.amount),
        reference=it.reference,
        reason=it.why,
        day=f"{it.failed_at:%Y-%m-%d}",
    )


def _parts(
    whole: BankCredit, references: Sequence[str], amounts: Sequence[Money]
) -> Iterator[BankCredit]:
    """Split a transfer into one credit per top-up that it pays."""
    if len(references) != len(amounts):
        raise click.UsageError(_("Give one --amount for each --reference."))
    if len(references) > MAX_PARTS:
        message = _("One transfer can pay at most %(most)s top-ups.", most=MAX_PARTS)
        raise click.UsageError(message)
    for number, (reference, paid) in enumerate(
        zip(references, amounts, strict=True), start=1
    ):
        name = whole.transaction
        if len(amounts) > 1:
            name = part_name(name, number)
        yield structs.replace(whole, transaction=name, amount=paid, text=reference)


def _results(
    credits_: Sequence[BankCredit], bookings: Sequence[BankBooking]
) -> Iterator[str]:
    """Yield each credit's result and print the credits that were not booked."""
    for credit, booking in zip(credits_, bookings, strict=True):
        if booking.result not in _DONE:
            click.echo(_not_booked(credit, booking))
        yield booking.result.value


def _not_booked(credit: BankCredit, booking: BankBooking) -> str:
    line = _line(
        booking.result.value,
        f"{credit.amount.amount:f} {credit.amount.currency.code}",
        payer=credit.payer,
        text=credit.text,
        reference=credit.transaction,
    )
    if booking.earlier is None:
        return line
    again = _("To book it again, add --again %(id)s", id=booking.earlier)
    return f"{line}\n  {again}"


def _left_out(each: LeftOut) -> str:
    return _line(
        f"{each.why} ({each.problem})" if each.problem else each.why,
        each.amount or _("no amount"),
        payer=each.payer,
        text=each.text,
        reference=each.name or _("no reference"),
    )


def _line(result: str, paid: str, *, payer: str, text: str, reference: str) -> str:
    return _(
        "%(result)s: %(amount)s from %(payer)s, %(text)s (%(reference)s)",
        result=result,
        amount=paid,
        payer=payer or _("unknown payer"),
        text=repr(text),
        reference=reference,
    )


def _finish(counts: Counter[str]) -> None:
    """Print the number of each result and set the exit code."""
    summary = ", ".join(f"{word}: {count}" for word, count in counts.items())
    click.echo(summary or _("The statement has no payments."))
    if BankBookingResult.DONE_BEFORE.value in counts:
        click.get_current_context().exit(EXIT_DONE_BEFORE)
    if counts.keys() - {result.value for result in _DONE}:
        click.get_current_context().exit(EXIT_REFUSED)
