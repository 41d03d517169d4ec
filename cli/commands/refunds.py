"""``client-area refunds``: answer customers' refund requests."""

from uuid import UUID

import click

from cli.amounts import amount
from cli.batches import pages
from cli.context import CommandContext
from shared.contracts import billing
from shared.contracts.billing.last_refunds import (
    GRANT_LAST_REFUND,
    LIST_LAST_REFUNDS,
    GrantLastRefund,
    ListLastRefunds,
)
from shared.language.translation import gettext as _
from shared.money import round_down_to_minor_unit

BATCH = 100
MAX_REASON = 80
"""Characters shown; the customer may have written 500."""


@click.group()
def refunds() -> None:
    """Answer refund requests for possible duplicate payments.

    For other refunds, use `payments refund`.
    """


@refunds.command("list")
@click.pass_obj
def list_(context: CommandContext) -> None:
    """List the open requests, oldest first.

    Shows the amount each wallet would have to refund and its current balance.
    """

    def ask(cursor: str | None) -> billing.refund_requests.RefundRequestPage:
        request = billing.refund_requests.ListRefundRequests(cursor=cursor, limit=BATCH)
        return context.call(billing.refund_requests.LIST_REFUND_REQUESTS, request)

    count = 0
    for page in pages(ask, lambda page: page.next):
        for each in page.requests:
            click.echo(_lines(each))
        count += len(page.requests)
    click.echo(_("requests: %(count)s", count=count))


@refunds.command("grant")
@click.option("--payment", type=click.UUID, required=True, help="The payment's ID.")
@click.pass_obj
def grant(context: CommandContext, payment: UUID) -> None:
    """Refund the rest of the payment, with its tax.

    The wallet must hold the amount. If the payment was a bank transfer, you transfer
    the refund yourself.
    """
    request = billing.refund_requests.GrantRefundRequest(payment_id=payment)
    done = context.call(billing.refund_requests.GRANT_REFUND_REQUEST, request)
    click.echo(
        _(
            "%(reference)s: refunded %(amount)s",
            reference=done.reference,
            amount=amount(done.amount),
        )
    )


@refunds.command("decline")
@click.option("--payment", type=click.UUID, required=True, help="The payment's ID.")
@click.option("--reason", required=True, help="The reason the customer sees.")
@click.pass_obj
def decline(context: CommandContext, payment: UUID, reason: str) -> None:
    """Decline a request and give the customer a reason."""
    request = billing.refund_requests.DeclineRefundRequest(
        payment_id=payment, reason=reason
    )
    done = context.call(billing.refund_requests.DECLINE_REFUND_REQUEST, request)
    click.echo(_("%(reference)s: declined", reference=done.reference))


@refunds.command("list-last")
@click.pass_obj
def list_last(context: CommandContext) -> None:
    """List what closed companies paid in and did not spend, oldest first.

    A refund waits until all services of the company have ended.
    """
    found = context.call(LIST_LAST_REFUNDS, ListLastRefunds()).refunds
    for it in found:
        seller = _("sold by %(seller)s", seller=it.seller) if it.seller else ""
        services = (
            _("%(count)s services not ended", count=it.live_services)
            if it.live_services
            else ""
        )
        line = _(
            "%(company)r (%(company_id)s), closed %(day)s: %(net)s of %(balance)s",
            company=it.company,
            company_id=it.company_id,
            day=f"{it.closed_at:%Y-%m-%d}",
            net=amount(it.net),
            balance=amount(round_down_to_minor_unit(it.balance)),
        )
        click.echo(", ".join(filter(None, (line, seller, services))))
    click.echo(_("refunds: %(count)s", count=len(found)))


@refunds.command("grant-last")
@click.option("--company", required=True, help="The company's ID or exact name.")
@click.option("--currency", required=True, help="The wallet's currency.")
@click.pass_obj
def grant_last(context: CommandContext, company: str, currency: str) -> None:
    """Refund what a closed company paid in and did not spend, with its tax.

    The newest payments go back first. You transfer those by bank yourself.
    """
    request = GrantLastRefund(
        company_id=context.find_company(company).id, currency=currency
    )
    done = context.call(GRANT_LAST_REFUND, request)
    click.echo(
        _(
            "refunded %(net)s net plus %(tax)s tax",
            net=amount(done.net),
            tax=amount(done.tax),
        )
    )


def _lines(it: billing.refund_requests.OpenRefundRequest) -> str:
    request = it.request
    payment = _(
        "%(payment)s: %(amount)s to %(company)r, %(invoice)s, %(reference)s",
        payment=request.payment_id,
        amount=amount(request.amount),
        company=it.company,
        invoice=it.invoice or _("no invoice yet"),
        reference=request.reference,
    )
    seller = _("sold by %(seller)s", seller=it.seller) if it.seller else ""
    # Rounded up, it might look sufficient.
    balance = round_down_to_minor_unit(it.balance)
    sums = _(
        "%(net)s net; wallet balance %(balance)s",
        net=amount(it.net),
        balance=amount(balance),
    )
    asked = _(
        "requested %(time)s UTC by %(person)r",
        time=f"{request.asked_at:%Y-%m-%d %H:%M}",
        person=request.asked_by,
    )
    reason = f": {_shortened(request.reason)!r}" if request.reason else ""
    first = ", ".join(filter(None, (payment, seller)))
    lines = [first, sums, f"{asked}{reason}"]
    if it.failure:
        lines.append(_("refund not paid out: %(reason)s", reason=it.failure))
    return "\n  ".join(lines)


def _shortened(text: str) -> str:
    if len(text) <= MAX_REASON:
        return text
    return f"{text[: MAX_REASON - 1]}\N{HORIZONTAL ELLIPSIS}"
