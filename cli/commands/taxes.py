"""``client-area tax``."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

import click

from cli.commands.wallets import COMPANY
from cli.context import CommandContext
from shared.contracts import billing


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
    type=click.DateTime(["%Y-%m-%d"]),
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
    """Add a rate from a day on; on the day of another one it corrects that."""
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
    _show(context.call(billing.tax.ADD_TAX_RATE, request))


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


def _show(found: billing.tax.TaxRates) -> None:
    for rate in found.rates:
        place = rate.territory or rate.country
        until = rate.valid_until or "further notice"
        by = rate.recorded_by or "the product"
        click.echo(
            f"{place:6} {rate.rate_percent:5f} %  from {rate.valid_from} until {until}"
            f"  ({by})"
        )
