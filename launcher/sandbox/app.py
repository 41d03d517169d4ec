"""The sandbox's HTTP endpoints: billing's API and the payment page."""

import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from launcher.sandbox.ledger import CARD, Ledger, Row
from launcher.sandbox.notices import Notices
from shared.money import Money, currency_of, round_to_minor_unit

PENDING_FOR_S = 5.0

CHOICES = {
    "succeed": "Pay",
    "decline": "Pay with a card that is declined",
    "pend": "Pay; the money arrives in a few seconds",
    "stay-silent": "Pay, but send no notice (the client area has to ask)",
    "never-answer": "Start a payment that stays pending",
    "tell-twice": "Pay and send the notice twice",
    "pay-twice": "Pay twice",
    "charge-back": "Pay, then have the bank reverse it",
    "cancel": "Cancel",
}
"""What can be chosen on the page, in its words."""


def make_sandbox(folder: Path, secret: str) -> Flask:
    """Make the sandbox; it stores its data in ``folder``."""
    app = Flask(__name__)
    folder.mkdir(parents=True, exist_ok=True)
    sandbox = _Sandbox(Ledger(folder / "sandbox.sqlite"), Notices(secret), secret)
    app.add_url_rule("/checkouts", view_func=sandbox.open_checkout, methods=["POST"])
    app.add_url_rule("/checkouts/<checkout>", view_func=sandbox.show_checkout)
    app.add_url_rule("/refunds", view_func=sandbox.refund, methods=["POST"])
    app.add_url_rule("/pay/<checkout>", view_func=sandbox.page)
    app.add_url_rule("/pay/<checkout>", view_func=sandbox.choose, methods=["POST"])
    app.after_request(_protect)
    return app


@dataclass(frozen=True)
class _Sandbox:
    ledger: Ledger
    notices: Notices
    secret: str

    def open_checkout(self) -> ResponseReturnValue:
        self._require_billing()
        checkout = self.ledger.open_checkout(request.get_json())
        return self._checkout(checkout), 201

    def show_checkout(self, checkout: str) -> ResponseReturnValue:
        self._require_billing()
        self._find(checkout)
        return self._checkout(checkout)

    def refund(self) -> ResponseReturnValue:
        self._require_billing()
        self.ledger.refund(request.get_json())
        return {}, 201

    def page(self, checkout: str) -> ResponseReturnValue:
        found = self._find(checkout)
        amount = Money(Decimal(found["amount"]), currency_of(found["currency"]))
        to_pay = round_to_minor_unit(amount)
        return render_template(
            "pay.html",
            checkout=found,
            amount=f"{to_pay.amount:f} {to_pay.currency.code}",
            choices=CHOICES,
        )

    def choose(self, checkout: str) -> ResponseReturnValue:
        found = self._find(checkout)
        choice = self._choices().get(request.form.get("choice", ""))
        if choice is None:
            abort(400)
        choice(found)
        return redirect(found["return_url"], code=303)

    def _choices(self) -> dict[str, Callable[[Row], None]]:
        return {
            "succeed": self._pay,
            "decline": lambda row: self._fail(row, "failed", "card_declined"),
            "pend": self._pend,
            "stay-silent": lambda row: self._pay(row, notices=0),
            "never-answer": self._begin,
            "tell-twice": lambda row: self._pay(row, notices=2),
            "pay-twice": self._pay_twice,
            "charge-back": self._charge_back,
            "cancel": lambda row: self._fail(row, "cancelled", None),
        }

    def _pay(self, row: Row, notices: int = 1) -> None:
        self.ledger.move_money(row["id"], "succeeded")
        self._notify(row, notices)

    def _fail(self, row: Row, outcome: str, failure: str | None) -> None:
        self.ledger.move_money(row["id"], outcome, failure)
        self._notify(row)

    def _begin(self, row: Row) -> None:
        self.ledger.move_money(row["id"], "pending")

    def _pend(self, row: Row) -> None:
        self.ledger.move_money(row["id"], "pending", after_s=PENDING_FOR_S)
        self._notify(row)
        timer = threading.Timer(PENDING_FOR_S + 0.1, self._notify, (row,))
        timer.daemon = True
        timer.start()

    def _pay_twice(self, row: Row) -> None:
        self._pay(row, notices=0)
        self.ledger.move_money(row["id"], "succeeded")
        for transaction in self.ledger.transactions(row["id"]):
            self._send_notice(row, transaction)

    def _charge_back(self, row: Row) -> None:
        transaction = self.ledger.move_money(row["id"], "succeeded")
        self._notify(row)
        self.ledger.charge_back(transaction)
        self._notify(row)

    def _notify(self, row: Row, times: int = 1) -> None:
        self._send_notice(row, self.ledger.transactions(row["id"])[-1], times)

    def _send_notice(self, row: Row, transaction: Row, times: int = 1) -> None:
        body = json.dumps(_transaction(row, transaction))
        self.notices.send(row["notify_url"], body, times)

    def _checkout(self, checkout: str) -> dict[str, Any]:
        row = self._find(checkout)
        return {
            "id": checkout,
            "url": f"{request.host_url}pay/{checkout}",
            "transactions": [
                _transaction(row, each) for each in self.ledger.transactions(checkout)
            ],
        }

    def _find(self, checkout: str) -> Row:
        found = self.ledger.find_checkout(checkout)
        if found is None:
            abort(404)
        return found

    def _require_billing(self) -> None:
        given = request.headers.get("Authorization", "").encode(errors="replace")
        if not hmac.compare_digest(given, f"Bearer {self.secret}".encode()):
            abort(401)


def _transaction(checkout: Row, transaction: Row) -> dict[str, Any]:
    return {
        "id": transaction["id"],
        "order_id": checkout["order_id"],
        "outcome": transaction["outcome"],
        "amount": {"amount": checkout["amount"], "currency": checkout["currency"]},
        **CARD,
        "failure": transaction["failure"],
    }


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    return response
