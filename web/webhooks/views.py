"""Notices of payment gateways, passed on as they came: billing checks and books them.

Nobody is signed in here, and no form was shown: `web.app` exempts these addresses from
CSRF protection. The answer says only whether the notice was taken; a gateway
sends one that was not again.
"""

from flask import Blueprint, abort, g, request
from flask.typing import ResponseReturnValue

from shared.contracts.billing.payments import (
    TAKE_PAYMENT_NOTICE,
    GatewayName,
    PaymentNotice,
)
from shared.errors import ContractError, RemoteFault
from shared.rpc.client import CallContext
from web.page.context import context

MAX_BYTES = 64 * 1024
TIMEOUT_S = 10.0
"""Billing may ask the gateway about it first."""

_SIGNATURES = ("sandbox-signature", "stripe-signature")

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@bp.post("/<gateway>")
def take_notice(gateway: str) -> ResponseReturnValue:
    # Not even read when it is longer, but answered with 413.
    request.max_content_length = MAX_BYTES
    try:
        name = GatewayName(gateway)
    except ValueError:
        abort(404)
    try:
        body = request.get_data().decode()
    except UnicodeDecodeError:
        return {"error": "malformed_message"}, 422
    headers = {each: request.headers.get(each, "")[:1000] for each in _SIGNATURES}
    notice = PaymentNotice(gateway=name, headers=headers, body=body)
    call = CallContext(request_id=g.request_id, timeout_s=TIMEOUT_S)
    try:
        context().client.start(TAKE_PAYMENT_NOTICE, notice, call).result()
    except ContractError as refusal:
        return {"error": refusal.code}, refusal.http_status
    except RemoteFault:
        return {"error": "fault"}, 500
    return {}, 200
