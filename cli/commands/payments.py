"""``client-area payments``: money from customers, and back to them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from msgspec import structs

from cli.amounts import amount, given_back
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
from shared.money import Money

BATCH = 200

_DONE = frozenset({BankBookingResult.BOOKED, BankBookingResult.KNOWN})


@click.group()
def payments() -> None:
    """Customers' payments and refunds.

    Amounts are written with their currency, in one argument: '12.50 EUR'.
    """


@payments.command("book")
@click.option(
    "--reference",
    "references",
    required=True,
    multiple=True,
    help="The top-up's: TU-….",
)
@click.option(
    "--amount",
    "amounts",
    type=MONEY,
    required=True,
    multiple=True,
    help="What came, tax included.",
)
@click.option(
    "--transaction",
    required=True,
    help="Its name, as book-statement shows it; the same one is booked once.",
)
@click.option("--payer", default="", show_default=False, help="Who paid.")
@click.option(
    "--on",
    "booked_on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The bank's booking date, by whose rule it is taxed; today unless given.",
)
@click.option(
    "--payer-country",
    default="",
    show_default=False,
    help="The country of the payer's account, like DE; evidence of their place.",
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
    """Book a payment that came by bank.

    For one transfer that pays several top-ups, repeat --reference and --amount: the
    first amount is for the first reference.

    Ends with 3 when it could not be booked, and with 4 when an equal payment for the
    top-up was booked within the hour.
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
    _finish(Counter(_told(parts, done.bookings)))


@payments.command("book-statement")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def book_statement(context: CommandContext, file: Path) -> None:
    """Book what came in by a bank statement (CAMT.053).

    Each payment is found by the reference in its text, and booked once however often
    the statement is read. What is not booked is shown: also reversals, debits with one
    of our references, and entries that can't be read.

    Ends with 3 when there is any such.
    """
    statement = read_statement(file)
    counts: Counter[str] = Counter()
    for batch in batches(statement.credits, BATCH):
        request = billing.payments.BookBankPayments(credits=batch)
        done = context.call(billing.payments.BOOK_BANK_PAYMENTS, request)
        counts.update(_told(batch, done.bookings))
    for each in statement.left_out:
        counts[each.why] += 1
        click.echo(_left_out(each))
    _finish(counts)


@payments.command("refund")
@click.option("--top-up", type=click.UUID, required=True, help="Its id.")
@click.option(
    "--net", type=MONEY, help="How much, without its tax; all that can be unless given."
)
@click.option("--reason", required=True, help="Why; the customer reads it.")
@AGAIN
@KEY
@click.pass_obj
def refund(
    context: CommandContext,
    top_up: UUID,
    net: Money | None,
    reason: str,
) -> None:
    """Give a top-up back, in part or whole.

    Never more than the wallet holds now, whichever payment that came from, and never
    goodwill. Its tax goes back with it. A payment that came by bank is transferred by
    hand.

    Ends with 4 when an equal refund was made within the hour.
    """
    request = billing.top_ups.RefundTopUp(
        top_up_id=top_up, net=net, reason=reason, again=context.again
    )
    done = context.call(billing.top_ups.REFUND_TOP_UP, request)
    click.echo(given_back(done))


@payments.command("reconcile")
@click.pass_obj
def reconcile(context: CommandContext) -> None:
    """Ask the gateways about payments that are open."""
    done = context.call(
        billing.payments.RECONCILE_PAYMENTS, billing.payments.ReconcilePayments()
    )
    click.echo(
        f"payments asked about: {done.asked}, changed: {done.changed}, "
        f"disputes found: {done.disputes}"
    )


@payments.command("problems")
@click.pass_obj
def problems(context: CommandContext) -> None:
    """List what waits for a person.

    Disputes in another currency than their payment: book each with book-dispute. Then
    the refunds of the last 30 days that were not paid out: their wallets have the money
    again. Ends with 3 when there is any.
    """
    found = context.call(
        billing.payments.LIST_PAYMENT_PROBLEMS, billing.payments.ListPaymentProblems()
    )
    for each in found.disputes:
        click.echo(
            f"dispute {each.dispute}: {amount(each.amount)} of {each.reference}, "
            f"which was paid in {each.currency}, reported {each.reported_at:%Y-%m-%d}"
        )
    for refund_ in found.refunds:
        click.echo(
            f"refund {refund_.id}: {amount(refund_.amount)} of {refund_.reference} was "
            f"not paid out ({refund_.why}), {refund_.failed_at:%Y-%m-%d}"
        )
    count = len(found.disputes) + len(found.refunds)
    click.echo(f"problems: {count}")
    if count:
        click.get_current_context().exit(EXIT_REFUSED)


@payments.command("book-dispute")
@click.option("--dispute", required=True, help="Its name, as problems shows it.")
@click.option(
    "--amount",
    "taken",
    type=MONEY,
    required=True,
    help="What the bank took, tax included, in the currency of the payment.",
)
@KEY
@click.pass_obj
def book_dispute(context: CommandContext, dispute: str, taken: Money) -> None:
    """Take out of the wallet what a dispute took, once."""
    request = billing.payments.BookDispute(dispute=dispute, amount=taken)
    context.call(billing.payments.BOOK_DISPUTE, request)
    click.echo(f"{dispute}: {amount(taken)} taken out of the wallet")


def _parts(
    whole: BankCredit, references: Sequence[str], amounts: Sequence[Money]
) -> Iterator[BankCredit]:
    """A transfer for each top-up that it pays; the whole where it is one."""
    if len(references) != len(amounts):
        raise click.UsageError("Give one --amount for each --reference.")
    if len(references) > MAX_PARTS:
        raise click.UsageError(f"A transfer has at most {MAX_PARTS} parts.")
    for number, (reference, paid) in enumerate(
        zip(references, amounts, strict=True), start=1
    ):
        name = whole.transaction
        if len(amounts) > 1:
            name = part_name(name, number)
        yield structs.replace(whole, transaction=name, amount=paid, text=reference)


def _told(
    credits_: Sequence[BankCredit], bookings: Sequence[BankBooking]
) -> Iterator[str]:
    """What became of each, in a word; what was not booked is printed."""
    for credit, booking in zip(credits_, bookings, strict=True):
        if booking.result not in _DONE:
            told = f"{credit.amount.amount:f} {credit.amount.currency.code}"
            earlier = f"; --again {booking.earlier}" if booking.earlier else ""
            click.echo(
                f"{booking.result.value}: {told} from {credit.payer or 'unknown'}, "
                f"{credit.text!r} ({credit.transaction}){earlier}"
            )
        yield booking.result.value


def _left_out(each: LeftOut) -> str:
    problem = f" ({each.problem})" if each.problem else ""
    return (
        f"{each.why}{problem}: {each.amount or 'no amount'} from "
        f"{each.payer or 'unknown'}, {each.text!r} ({each.name or 'no reference'})"
    )


def _finish(counts: Counter[str]) -> None:
    """Say how many there were of each, and end with what that means."""
    summary = ", ".join(f"{word}: {count}" for word, count in counts.items())
    click.echo(summary or "The statement has no payments.")
    if BankBookingResult.DONE_BEFORE.value in counts:
        click.get_current_context().exit(EXIT_DONE_BEFORE)
    if counts.keys() - {result.value for result in _DONE}:
        click.get_current_context().exit(EXIT_REFUSED)
