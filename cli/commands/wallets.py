"""``client-area wallet``."""

from typing import Any
from uuid import UUID

import click

from cli.context import AGAIN, KEY, MONEY, CommandContext
from shared.contracts import billing
from shared.contracts.billing.wallets import AdjustmentKind
from shared.language.translation import gettext as _
from shared.money import Money

COMPANY = click.option(
    "--company", required=True, help="The company's ID or exact name."
)


@click.group()
def wallet() -> None:
    """Manage companies' wallets.

    Write an amount and its currency as one argument: '12.50 EUR'.
    """


@wallet.command("open")
@COMPANY
@click.option("--currency", required=True, help="ISO 4217 code, such as EUR.")
@click.pass_obj
def open_wallet(context: CommandContext, company: str, currency: str) -> None:
    """Open a wallet for a company; its first wallet is the primary one."""
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
    help="The amount to add; use a minus sign to deduct.",
)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in AdjustmentKind]),
    default=AdjustmentKind.CORRECTION.value,
    help="The type of adjustment in the books.",
)
@click.option("--reason", required=True, help="The reason the customer sees.")
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
    """Add money to a wallet, or deduct it.

    Exit code: 4 if the same adjustment was made within the last hour.
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
    """Set how far below zero a wallet's balance may go."""
    request = billing.wallets.SetCreditLimit(
        company_id=_id(context, company), limit=limit
    )
    _show(context.call(billing.wallets.SET_CREDIT_LIMIT, request))


@wallet.command("set-top-up-limits")
@COMPANY
@click.option("--currency", required=True, help="ISO 4217 code, such as EUR.")
@click.option("--one", type=MONEY, help="The maximum of one top-up.")
@click.option("--per-day", type=MONEY, help="The maximum within 24 hours.")
@click.option("--no-day-limit", is_flag=True, help="No limit within 24 hours.")
@click.option("--max-balance", type=MONEY, help="The maximum balance after a top-up.")
@click.pass_obj
def set_top_up_limits(
    context: CommandContext, /, company: str, currency: str, **limits: Any
) -> None:
    """Set limits for one company, whatever its owners have verified.

    Limits that are left out are those of its verification; without any, all are again.
    """
    request = billing.limits.SetTopUpLimits(
        company_id=_id(context, company),
        currency=currency,
        one=limits["one"],
        per_day=limits["per_day"],
        is_day_unlimited=limits["no_day_limit"],
        max_balance=limits["max_balance"],
    )
    now = context.call(billing.limits.SET_TOP_UP_LIMITS, request)
    per_day = f"{now.per_day.amount:f}" if now.per_day else _("no limit")
    click.echo(
        _(
            "One top-up %(one)s, in 24 hours %(per_day)s, balance %(balance)s "
            "(%(currency)s)",
            one=f"{now.one.amount:f}",
            per_day=per_day,
            balance=f"{now.max_balance.amount:f}",
            currency=currency,
        )
    )


def _id(context: CommandContext, company: str) -> UUID:
    return context.find_company(company).id


def _show(view: billing.wallets.WalletView) -> None:
    click.echo(
        _(
            "Balance %(balance)s, credit %(credit)s",
            balance=f"{view.balance.amount:f} {view.currency}",
            credit=f"{view.credit_limit.amount:f} {view.currency}",
        )
    )
