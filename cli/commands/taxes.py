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
from shared.language.translation import gettext as _

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def tax() -> None:
    """Manage VAT rates and customers' VAT IDs."""


@tax.group()
def rates() -> None:
    """Manage standard VAT rates by country and day.

    A rate applies until the next one for the same place starts. Amounts that were
    already charged keep their rate.
    """


@rates.command("list")
@click.option("--country", help="ISO 3166 code, such as DE; default: all.")
@click.pass_obj
def list_rates(context: CommandContext, country: str | None) -> None:
    """List rates: place, percent, from, until, and who added them."""
    request = billing.tax.ListTaxRates(country=country)
    _show(context.call(billing.tax.LIST_TAX_RATES, request))


@rates.command("add")
@click.option("--country", required=True, help="An EU member state, such as DE.")
@click.option(
    "--territory",
    default="",
    show_default=False,
    help="A region with its own rate: PT-20 (Azores) or PT-30 (Madeira).",
)
@click.option("--percent", required=True, help="The rate, such as 19 or 25.5.")
@click.option(
    "--from",
    "valid_from",
    type=_DAY,
    required=True,
    help="The first day it applies, such as 2027-01-01.",
)
@click.pass_obj
def add_rate(
    context: CommandContext,
    country: str,
    territory: str,
    percent: str,
    valid_from: datetime,
) -> None:
    """Add a rate from a given day; a rate that starts on the same day is corrected.

    Lists open top-ups that were quoted at a different rate and can still be paid. Their
    payments are taxed at the rate of the day on which they arrive.
    """
    try:
        rate_percent = Decimal(percent)
    except InvalidOperation as error:
        message = _("%(text)r is not a number.", text=percent)
        raise click.BadParameter(message) from error
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
@click.option(
    "--from", "first", type=_DAY, required=True, help="The first day: 2026-01-01."
)
@click.option("--to", "last", type=_DAY, required=True, help="The last day, included.")
@click.pass_obj
def doubtful_places(context: CommandContext, first: datetime, last: datetime) -> None:
    """List private customers' payments with too little evidence of their location.

    That is fewer than two matching countries from profile, card, bank account and
    phone.
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
    click.echo(_("payments: %(count)s", count=count), err=True)


@tax.command("differing-vat-ids")
@click.pass_obj
def differing(context: CommandContext) -> None:
    """List valid VAT IDs that are registered to a different name or address.

    These companies are charged VAT until you confirm their VAT ID or they change their
    profile.
    """
    request = billing.tax.ListDifferingTaxIds()
    found = context.call(billing.tax.LIST_DIFFERING_TAX_IDS, request).tax_ids
    for it in found:
        checked = _("checked %(day)s", day=f"{it.checked_at:%Y-%m-%d}")
        click.echo(f"{it.company_id}  {it.number}  {checked}")
        click.echo("  " + _("register: %(name)s", name=it.registered))
        click.echo("  " + _("profile:  %(name)s", name=it.own))
    click.echo(_("VAT IDs: %(count)s", count=len(found)), err=True)


@tax.command("confirm-vat-id")
@COMPANY
@click.option("--reason", required=True, help="How you know; stored with your name.")
@click.pass_obj
def confirm(context: CommandContext, company: str, reason: str) -> None:
    """Accept a valid VAT ID whose registered name differs from the profile."""
    request = billing.tax.ConfirmTaxId(
        company_id=context.find_company(company).id, reason=reason
    )
    profile = context.call(billing.tax.CONFIRM_TAX_ID, request)
    rule = profile.decision.reason.code if profile.decision else profile.problem
    click.echo(_("Confirmed. The tax rule is now %(rule)s.", rule=rule))


def _warn(concerned: Sequence[billing.tax.ConcernedTopUp]) -> None:
    if not concerned:
        return
    click.echo(_("Open top-ups that were quoted at a different rate:"))
    for it in concerned:
        click.echo(
            _(
                "%(reference)s  %(amount)s  at %(percent)s %%  until %(day)s"
                "  %(company)s",
                reference=it.reference,
                amount=f"{it.gross.amount:f} {it.gross.currency.code}",
                percent=f"{it.rate_percent:f}",
                day=f"{it.expires_at:%Y-%m-%d}",
                company=f"{it.company} ({it.company_id})",
            )
        )


def _line(payment: billing.tax.DoubtfulPlace) -> str:
    """Format a payment with the evidence of its customer's location."""
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
        period = _(
            "from %(first)s until %(last)s",
            first=rate.valid_from,
            last=rate.valid_until or _("further notice"),
        )
        by = rate.recorded_by or _("the product")
        click.echo(f"{place:6} {rate.rate_percent:5f} %  {period}  ({by})")
