"""``client-area wallet``."""

from uuid import UUID

import click

from cli.context import AGAIN, KEY, MONEY, CommandContext
from shared.contracts import billing
from shared.contracts.billing.wallets import AdjustmentKind
from shared.money import Money

COMPANY = click.option("--company", required=True, help="Its id or exact name.")


@click.group()
def wallet() -> None:
    """Companies' prepaid money.

    Amounts are written with their currency, in one argument: '12.50 EUR'.
    """


@wallet.command("open")
@COMPANY
@click.option("--currency", required=True, help="ISO 4217, like EUR.")
@click.pass_obj
def open_wallet(context: CommandContext, company: str, currency: str) -> None:
    """Give a company a wallet; its first is its primary one."""
    request = billing.wallets.OpenWallet(
        company_id=_id(context, company), currency=currency
    )
    _show(context.call(billing.wallets.OPEN_WALLET, request))


@wallet.command("adjust")
@COMPANY
@click.option(
    "--amount",
    type=MONEY,
    required=True,
    help="What to add; with a minus sign, what to take away.",
)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in AdjustmentKind]),
    default=AdjustmentKind.CORRECTION.value,
    help="What it is in the books.",
)
@click.option("--reason", required=True, help="Why; the customer reads it.")
@AGAIN
@KEY
@click.pass_obj
def adjust(
    context: CommandContext,
    company: str,
    amount: Money,
    kind: str,
    reason: str,
) -> None:
    """Book money into a wallet, or out of it, by hand.

    Ends with 4 when the same amount was booked so within the hour.
    """
    request = billing.wallets.AdjustWallet(
        company_id=_id(context, company),
        amount=amount,
        kind=AdjustmentKind(kind),
        reason=reason,
        again=context.again,
    )
    _show(context.call(billing.wallets.ADJUST_WALLET, request))


@wallet.command("set-credit-limit")
@COMPANY
@click.option("--limit", type=MONEY, required=True, help="Zero or more.")
@click.pass_obj
def set_credit_limit(context: CommandContext, company: str, limit: Money) -> None:
    """Say how far below zero a wallet may go."""
    request = billing.wallets.SetCreditLimit(
        company_id=_id(context, company), limit=limit
    )
    _show(context.call(billing.wallets.SET_CREDIT_LIMIT, request))


def _id(context: CommandContext, company: str) -> UUID:
    return context.find_company(company).id


def _show(view: billing.wallets.WalletView) -> None:
    click.echo(
        f"Balance {view.balance.amount:f} {view.currency}, "
        f"credit {view.credit_limit.amount:f} {view.currency}"
    )
