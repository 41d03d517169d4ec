"""Wallets: opening them, which is the primary one, and their settings."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.models.ledger import Account, AccountKind, Wallet
from services.billing.parties.companies import lock_company
from services.billing.parties.sellers import Seller
from shared.contracts import billing
from shared.contracts.billing.wallets import (
    WALLET_CHANGED,
    OpenWallet,
    SetComfortBuffer,
    SetCreditLimit,
    WalletView,
)
from shared.errors import Conflict, InvalidInput, NotFound
from shared.money import (
    Money,
    currency_of,
    fits_invoices,
    fits_ledger,
    is_current,
    zero,
)
from shared.rpc.change import Change

DEFAULT_HORIZON_DAYS = 30
MAX_HORIZON_DAYS = 366


def open_wallet(change: Change, request: OpenWallet) -> Wallet:
    """Open an empty wallet; a company's first is its primary one.

    Raises:
        InvalidInput: ``no_such_currency``, ``currency_not_current``,
            ``currency_not_invoiced``.
        Conflict: ``wallet_exists``.
    """
    try:
        currency = currency_of(request.currency).code
    except ValueError as error:
        raise InvalidInput("no_such_currency", str(error)) from error
    if not is_current(currency):
        raise InvalidInput("currency_not_current", currency)
    if not fits_invoices(currency):
        why = f"{currency} has more than two decimal places"
        raise InvalidInput("currency_not_invoiced", why)
    lock_company(change.db, request.company_id)
    wallet = _open(change, request.company_id, currency)
    if wallet is None:
        raise Conflict("wallet_exists", parameters={"currency": currency})
    return wallet


def currencies_of(
    session: Session, company_ids: Collection[UUID]
) -> set[tuple[UUID, str]]:
    """The wallets that some companies have, each by its company and currency."""
    wanted = select(Wallet.company_id, Wallet.currency)
    rows = session.execute(wanted.where(Wallet.company_id.in_(company_ids)))
    return {(row.company_id, row.currency) for row in rows}


def ensure_wallet(change: Change, company_id: UUID, currency: str) -> None:
    """Open an empty wallet, unless the company has one in the currency.

    The company is locked. What has to be paid needs a wallet for the money to come to.
    """
    _open(change, company_id, currency)


def open_together(
    known: Collection[tuple[UUID, str]], wanted: Sequence[tuple[Change, UUID, str]]
) -> list[Wallet]:
    """Open empty wallets of some companies, in a currency each, in one transaction.

    The companies are locked, and have those that are ``known``.
    """
    session = wanted[0][0].db
    owners = {company_id for company_id, _ in known}
    wallets = []
    for change, company_id, currency in wanted:
        id_, is_primary = change.runtime.new_id(), company_id not in owners
        wallets.append(_empty(id_, company_id, currency, is_primary=is_primary))
        owners.add(company_id)
    kind = AccountKind.WALLET
    session.add_all(Account(id=w.id, kind=kind, currency=w.currency) for w in wallets)
    session.flush()
    session.add_all(wallets)
    session.flush()
    for (change, *_), wallet in zip(wanted, wallets, strict=True):
        change.emit(
            WALLET_CHANGED,
            view(wallet),
            company_id=wallet.company_id,
            version=wallet.version,
        )
    return wallets


def _open(change: Change, company_id: UUID, currency: str) -> Wallet | None:
    """A new wallet; None if there was one."""
    known = currencies_of(change.db, {company_id})
    if (company_id, currency) in known:
        return None
    (wallet,) = open_together(known, [(change, company_id, currency)])
    return wallet


def _empty(id_: UUID, company_id: UUID, currency: str, *, is_primary: bool) -> Wallet:
    nothing = zero(currency).amount
    return Wallet(
        id=id_,
        company_id=company_id,
        currency=currency,
        is_primary=is_primary,
        balance=nothing,
        credit_limit=nothing,
        comfort_buffer=nothing,
        horizon_days=DEFAULT_HORIZON_DAYS,
        version=1,
    )


def list_wallets(session: Session, seller: Seller) -> billing.wallets.Wallets:
    """Show the session's company its wallets, and which it may add."""
    wallets = session.scalars(
        select(Wallet).order_by(Wallet.is_primary.desc(), Wallet.currency)
    ).all()
    taken = {wallet.currency for wallet in wallets}
    return billing.wallets.Wallets(
        wallets=[view(wallet) for wallet in wallets],
        addable=[code for code in seller.currencies if code not in taken],
    )


def add_wallet(change: Change, seller: Seller, currency: str) -> Wallet:
    """Open a further wallet of the caller's company, in a currency that is offered.

    Raises:
        InvalidInput: ``currency_not_offered``.
        Conflict: ``wallet_exists`` with ``currency``.
    """
    if currency not in seller.currencies:
        raise InvalidInput("currency_not_offered")
    company_id = change.call.principal.require_company()
    request = OpenWallet(company_id=company_id, currency=currency)
    return open_wallet(change, request)


def make_primary(change: Change, currency: str) -> Wallet:
    """Have another wallet of the caller's company come first.

    Raises:
        NotFound: ``no_such_wallet`` with ``currency``.
    """
    company_id = change.call.principal.require_company()
    # Two at once would each take the same wallet for the one that steps back.
    lock_company(change.db, company_id)
    concerned = change.db.scalars(
        select(Wallet)
        .where(Wallet.company_id == company_id)
        .where(Wallet.is_primary | (Wallet.currency == currency))
        .order_by(Wallet.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    wallet = next((each for each in concerned if each.currency == currency), None)
    if wallet is None:
        raise NotFound("no_such_wallet", parameters={"currency": currency})
    if wallet.is_primary:
        return wallet
    for each in concerned:
        each.is_primary = False
    # The database lets no company have two, not even for a moment.
    change.db.flush()
    wallet.is_primary = True
    for each in concerned:
        emit_change(change, each)
    return wallet


def set_credit_limit(change: Change, request: SetCreditLimit) -> Wallet:
    """Set how far below zero the balance may go.

    Raises:
        InvalidInput: ``bad_amount``.
        NotFound: ``no_such_wallet``.
    """
    _check_allowance(request.limit)
    wallet = lock_wallet(change.db, request.company_id, request.limit.currency.code)
    wallet.credit_limit = request.limit.amount
    emit_change(change, wallet)
    return wallet


def set_comfort_buffer(change: Change, request: SetComfortBuffer) -> Wallet:
    """Set what the caller's company wants left, and how far ahead to look.

    Raises:
        InvalidInput: ``bad_amount``, or ``bad_horizon`` (1-366 days).
        NotFound: ``no_such_wallet``.
    """
    _check_allowance(request.buffer)
    if not 1 <= request.horizon_days <= MAX_HORIZON_DAYS:
        raise InvalidInput("bad_horizon", parameters={"max_days": MAX_HORIZON_DAYS})
    company_id = change.call.principal.require_company()
    wallet = lock_wallet(change.db, company_id, request.buffer.currency.code)
    wallet.comfort_buffer = request.buffer.amount
    wallet.horizon_days = request.horizon_days
    emit_change(change, wallet)
    return wallet


def lock_wallet(session: Session, company_id: UUID, currency: str) -> Wallet:
    """The company's wallet, locked until the transaction ends.

    Who locks several does so in the order of their ids.

    Raises:
        NotFound: ``no_such_wallet``.
    """
    wallet = find_wallet(session, company_id, currency)
    if wallet is None:
        raise NotFound("no_such_wallet", parameters={"currency": currency})
    return wallet


def lock_among_all(session: Session, company_id: UUID, currency: str) -> Wallet:
    """Like `lock_wallet`, with all other wallets of the company locked as well.

    Raises:
        NotFound: ``no_such_wallet``.
    """
    wallets = session.scalars(
        select(Wallet)
        .where(Wallet.company_id == company_id)
        .order_by(Wallet.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for wallet in wallets:
        if wallet.currency == currency:
            return wallet
    raise NotFound("no_such_wallet", parameters={"currency": currency})


def find_wallet(session: Session, company_id: UUID, currency: str) -> Wallet | None:
    """Like `lock_wallet`, but return None if there is no wallet."""
    return session.scalars(
        select(Wallet)
        .where(Wallet.company_id == company_id, Wallet.currency == currency)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def available(wallet: Wallet) -> Decimal:
    """What may be spent: the balance and the credit, never below zero."""
    return max(Decimal(0), wallet.balance + wallet.credit_limit)


def emit_change(change: Change, wallet: Wallet) -> None:
    """Give a changed wallet its next version and write the event of it.

    Lock the wallet before changing it or posting to its account, and call this when all
    is done, once per transaction. The balance is read again, as postings change it in
    the database.
    """
    session = change.db
    session.flush()
    session.refresh(wallet)
    wallet.version += 1
    session.flush()
    change.emit(
        WALLET_CHANGED,
        view(wallet),
        company_id=wallet.company_id,
        version=wallet.version,
    )


def view(wallet: Wallet) -> WalletView:
    currency = currency_of(wallet.currency)
    return WalletView(
        id=wallet.id,
        company_id=wallet.company_id,
        currency=wallet.currency,
        is_primary=wallet.is_primary,
        balance=Money(wallet.balance, currency),
        credit_limit=Money(wallet.credit_limit, currency),
        comfort_buffer=Money(wallet.comfort_buffer, currency),
        horizon_days=wallet.horizon_days,
    )


def _check_allowance(money: Money) -> None:
    if money.amount < 0 or not fits_ledger(money):
        raise InvalidInput("bad_amount")
