"""Top-ups are begun as they were quoted."""

from services.billing.gateways.gateway import Gateway
from services.billing.ledger.wallets import lock_among_all
from services.billing.models.ledger import Wallet
from services.billing.models.top_ups import TopUp
from services.billing.parties.companies import may_buy_from, require_open
from services.billing.top_ups.document_orders import Wanted, order
from services.billing.top_ups.quotes import Terms, quote_for
from services.billing.top_ups.references import new_reference
from shared.contracts import billing
from shared.contracts.actors import actor_of
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.top_ups import TopUpState
from shared.errors import Conflict
from shared.money import zero
from shared.rpc.change import Change
from shared.wire import to_wire


def begin(change: Change, terms: Terms, request: billing.top_ups.BeginTopUp) -> TopUp:
    """Make a draft of what the customer was quoted; nothing is sent anywhere yet.

    Until one is paid, the open ones decide which seller the company has.

    Raises:
        Conflict: ``company_closed``, ``quote_changed``, or a problem's code.
        NotFound, InvalidInput: as `services.billing.top_ups.quotes.quote`.
    """
    company_id = change.call.principal.require_company()
    require_open(change.db, company_id)
    if not may_buy_from(change.db, company_id, terms.seller):
        raise Conflict("quote_changed")
    # What the others take counts within 24 hours, too.
    wallet = lock_among_all(change.db, company_id, request.net.currency.code)
    quoted = quote_for(change.db, terms, change.call, wallet, request.net)
    if quoted.problems:
        problem = quoted.problems[0]
        raise Conflict(problem.code, parameters=problem.parameters)
    if quoted.digest != request.digest:
        raise Conflict("quote_changed")
    gateway = terms.gateways.get(request.gateway)
    if gateway is None:
        raise Conflict("no_gateway", request.gateway.value)
    top_up = _draft(change, wallet, quoted, gateway)
    top_up.seller = terms.seller.key
    top_up.is_intended = request.is_intended
    change.db.add(top_up)
    change.db.flush()
    if gateway.instructions(top_up.seller, quoted.gross, top_up.reference):
        # A customer who follows them by hand may need a document that asks for it.
        asked = Wanted(DocumentKind.PROFORMA, top_up.net, top_up.tax)
        order(change, top_up, asked)
    return top_up


def _draft(
    change: Change,
    wallet: Wallet,
    quoted: billing.top_ups.TopUpQuote,
    gateway: Gateway,
) -> TopUp:
    now = change.call.now
    return TopUp(
        id=change.runtime.new_id(),
        company_id=wallet.company_id,
        wallet_id=wallet.id,
        reference=new_reference(change.runtime.random),
        state=TopUpState.DRAFT,
        gateway=gateway.name,
        currency=wallet.currency,
        net=quoted.net.amount,
        tax=quoted.tax.amount,
        gross=quoted.gross.amount,
        refunded_net=zero(wallet.currency).amount,
        tax_lines=to_wire(quoted.tax_lines),
        tax_reason=to_wire(quoted.tax_reason),
        created_at=now,
        created_by=change.call.principal.name,
        **actor_of(change.call.principal).columns,
        expires_at=now + gateway.lasts,
        version=1,
    )
