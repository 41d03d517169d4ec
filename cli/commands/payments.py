"""``client-area payments``: money from customers, and back to them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from cli.amounts import given_back
from cli.batches import batches
from cli.context import MONEY, CommandContext
from cli.importing.bank_statements import read_statement
from shared.contracts import billing
from shared.contracts.billing.payments import BankBookingResult, BankCredit
from shared.money import Money

BATCH = 200

_DONE = frozenset({BankBookingResult.BOOKED, BankBookingResult.KNOWN})


@click.group()
def payments() -> None:
    """Customers' payments and refunds.

    Amounts are written with their currency, in one argument: '12.50 EUR'.
    """


@payments.command("book")
@click.option("--reference", required=True, help="The top-up's: TU-….")
@click.option("--amount", type=MONEY, required=True, help="What came, tax included.")
@click.option(
    "--transaction",
    required=True,
    help="The bank's own name for it; the same one is booked once.",
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
@click.pass_obj
def book(  # noqa: PLR0913  a payment has these parts
    context: CommandContext,
    /,
    *,
    reference: str,
    amount: Money,
    transaction: str,
    payer: str,
    booked_on: datetime | None,
    payer_country: str,
) -> None:
    """Book a payment that came by bank.

    Ends with 3 when it could not be booked.
    """
    _book(
        context,
        [
            BankCredit(
                transaction=transaction,
                amount=amount,
                text=reference,
                payer=payer,
                booked_on=booked_on.date() if booked_on else None,
                payer_country=payer_country,
            )
        ],
    )


@payments.command("book-statement")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def book_statement(context: CommandContext, file: Path) -> None:
    """Book what came in by a bank statement (CAMT.053).

    Each payment is found by the reference in its text, and booked once however often
    the statement is read. Ends with 3 when some could not be booked.
    """
    _book(context, read_statement(file))


@payments.command("refund")
@click.option("--top-up", type=click.UUID, required=True, help="Its id.")
@click.option(
    "--net", type=MONEY, help="How much, without its tax; all that can be unless given."
)
@click.option("--reason", required=True, help="Why; the customer reads it.")
@click.pass_obj
def refund(
    context: CommandContext, top_up: UUID, net: Money | None, reason: str
) -> None:
    """Give a top-up back, in part or whole.

    Never more than the wallet holds now, whichever payment that came from. Its tax goes
    back with it. A payment that came by bank is transferred by hand.
    """
    request = billing.top_ups.RefundTopUp(top_up_id=top_up, net=net, reason=reason)
    done = context.call(billing.top_ups.REFUND_TOP_UP, request)
    click.echo(given_back(done))


@payments.command("reconcile")
@click.pass_obj
def reconcile(context: CommandContext) -> None:
    """Ask the gateways about payments that are open."""
    done = context.call(
        billing.payments.RECONCILE_PAYMENTS, billing.payments.ReconcilePayments()
    )
    click.echo(f"payments asked about: {done.asked}, changed: {done.changed}")


def _book(context: CommandContext, credits_: Sequence[BankCredit]) -> None:
    counts: Counter[str] = Counter()
    for batch in batches(credits_, BATCH):
        request = billing.payments.BookBankPayments(credits=batch)
        done = context.call(billing.payments.BOOK_BANK_PAYMENTS, request)
        for credit, booking in zip(batch, done.bookings, strict=True):
            counts[booking.result.value] += 1
            if booking.result not in _DONE:
                _tell(credit, booking)
    click.echo(", ".join(f"{name}: {count}" for name, count in counts.items()))
    if counts.keys() - {result.value for result in _DONE}:
        click.get_current_context().exit(3)


def _tell(credit: BankCredit, booking: billing.payments.BankBooking) -> None:
    amount = f"{credit.amount.amount:f} {credit.amount.currency.code}"
    click.echo(
        f"{booking.result.value}: {amount} from {credit.payer or 'unknown'}, "
        f"{credit.text!r} ({credit.transaction})"
    )
