"""``client-area tax``."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

import click
import msgspec

from cli.batches import pages
from cli.commands.wallets import COMPANY
from cli.context import CommandContext
from shared.contracts import billing

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def tax() -> None:
    """VAT: rates, and customers' VAT IDs."""


@tax.group()
def rates() -> None:
    """Standard rates by country and day.

    A rate holds until the next one of its place begins. What was charged keeps the rate
    it was charged at, whatever is added here.
    """


@rates.command("list")
@click.option("--country", help="ISO 3166, like DE; all unless given.")
@click.pass_obj
def list_rates(context: CommandContext, country: str | None) -> None:
    """Print rates: place, percent, from, until, and who recorded them."""
    request = billing.tax.ListTaxRates(country=country)
    _show(context.call(billing.tax.LIST_TAX_RATES, request))


@rates.command("add")
@click.option("--country", required=True, help="A member state, like DE.")
@click.option(
    "--territory",
    default="",
    show_default=False,
    help="A part of it with its own rate: PT-20 (Azores), PT-30 (Madeira).",
)
@click.option("--percent", required=True, help="The rate, like 19 or 25.5.")
@click.option(
    "--from",
    "valid_from",
    type=_DAY,
    required=True,
    help="The first day it holds, like 2027-01-01.",
)
@click.pass_obj
def add_rate(
    context: CommandContext,
    country: str,
    territory: str,
    percent: str,
    valid_from: datetime,
) -> None:
    """Add a rate from a day on; on the day of another one it corrects that.

    Prints the open top-ups that were quoted at another rate and can be paid under it:
    what comes for them is taxed by the rate of the day on which it comes.
    """
    try:
        rate_percent = Decimal(percent)
    except InvalidOperation as error:
        raise click.BadParameter(f"{percent!r} is no number") from error
    request = billing.tax.AddTaxRate(
        country=country,
        territory=territory,
        rate_percent=rate_percent,
        valid_from=valid_from.date(),
    )
    added = context.call(billing.tax.ADD_TAX_RATE, request)
    _show(added)
    _warn(added.concerned)


@tax.command("doubtful-places")
@click.option("--from", "first", type=_DAY, required=True, help="Like 2026-01-01.")
@click.option("--to", "last", type=_DAY, required=True, help="It is included.")
@click.pass_obj
def doubtful_places(context: CommandContext, first: datetime, last: datetime) -> None:
    """Print private customers' payments with too little evidence of their place.

    That is fewer than two countries that agree, of: profile, card, bank account, phone.
    """

    def ask(cursor: str | None) -> billing.tax.DoubtfulPlaces:
        request = billing.tax.ListDoubtfulPlaces(
            first_day=first.date(), last_day=last.date(), cursor=cursor
        )
        return context.call(billing.tax.LIST_DOUBTFUL_PLACES, request)

    count = 0
    for page in pages(ask, lambda page: page.next):
        for payment in page.payments:
            click.echo(_line(payment))
        count += len(page.payments)
    click.echo(f"payments: {count}", err=True)


@tax.command("differing-vat-ids")
@click.pass_obj
def differing(context: CommandContext) -> None:
    """Print valid VAT IDs that are registered for another name or address.

    Each company is charged VAT until you confirm its VAT ID, or it changes its profile.
    """
    request = billing.tax.ListDifferingTaxIds()
    found = context.call(billing.tax.LIST_DIFFERING_TAX_IDS, request).tax_ids
    for it in found:
        click.echo(f"{it.company_id}  {it.number}  checked {it.checked_at:%Y-%m-%d}")
        click.echo(f"  register: {it.registered}")
        click.echo(f"  profile:  {it.own}")
    click.echo(f"VAT IDs: {len(found)}", err=True)


@tax.command("confirm-vat-id")
@COMPANY
@click.option("--reason", required=True, help="How you know; kept with your name.")
@click.pass_obj
def confirm(context: CommandContext, company: str, reason: str) -> None:
    """Let a valid VAT ID count whose registered name differs from the profile's."""
    request = billing.tax.ConfirmTaxId(
        company_id=context.find_company(company).id, reason=reason
    )
    profile = context.call(billing.tax.CONFIRM_TAX_ID, request)
    rule = profile.decision.reason.code if profile.decision else profile.problem
    click.echo(f"Confirmed. The rule is now {rule}.")


def _warn(concerned: Sequence[billing.tax.ConcernedTopUp]) -> None:
    if not concerned:
        return
    click.echo("Open top-ups that were quoted at another rate and can be paid later:")
    for it in concerned:
        click.echo(
            f"{it.reference}  {it.gross.amount:f} {it.gross.currency.code}"
            f"  at {it.rate_percent:f} %  until {it.expires_at:%Y-%m-%d}"
            f"  {it.company} ({it.company_id})"
        )


def _line(payment: billing.tax.DoubtfulPlace) -> str:
    """A payment with all that is known of where its customer was."""
    evidence = msgspec.structs.asdict(payment.evidence).items()
    places = ", ".join(f"{name} {place}" for name, place in evidence if place)
    amount = f"{payment.amount.amount:f} {payment.amount.currency.code}"
    return (
        f"{payment.received_on}  {payment.reference}  {amount}  {payment.reason.code}"
        f"  {places}  {payment.company} ({payment.company_id})"
    )


def _show(found: billing.tax.TaxRates) -> None:
    for rate in found.rates:
        place = rate.territory or rate.country
        until = rate.valid_until or "further notice"
        by = rate.recorded_by or "the product"
        click.echo(
            f"{place:6} {rate.rate_percent:5f} %  from {rate.valid_from} until {until}"
            f"  ({by})"
        )
