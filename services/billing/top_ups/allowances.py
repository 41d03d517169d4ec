"""What a company may top up: by its verification, or as an operator has set it."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.ledger.wallets import lock_wallet
from services.billing.models.ledger import Wallet
from services.billing.models.parties import Company
from services.billing.models.top_ups import CompanyLimits
from services.billing.parties.verifications import verification_of
from services.billing.top_ups.limits import Limits, TopUpLimits
from services.billing.top_ups.rules import Bounds
from shared.contracts.billing.limits import (
    Allowance,
    CompanyTopUpLimits,
    LevelAllowance,
    SetTopUpLimits,
    TopUpLimitsFound,
)
from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.verification.levels import (
    CompanyVerification,
    VerificationLevel,
)
from shared.errors import InvalidInput
from shared.money import Money, currency_of, fits_ledger
from shared.rpc.change import Change

_STEP_TO = {
    VerificationLevel.EMAIL: VerificationStep.EMAIL,
    VerificationLevel.PHONE: VerificationStep.PHONE,
    VerificationLevel.IDENTITY: VerificationStep.IDENTITY_DOCUMENT,
}


@dataclass(frozen=True)
class _Standing:
    """What a company's limits depend on; ``own`` are those that an operator has set."""

    limits: TopUpLimits
    verification: CompanyVerification
    own: CompanyLimits | None
    is_business: bool

    @property
    def bounds(self) -> Bounds:
        at, own = self.limits.at(self.verification.level), self.own
        per_day = at.per_day
        if own is not None and (own.is_day_unlimited or own.per_day is not None):
            per_day = own.per_day
        max_balance = own.max_balance if own else None
        level = self._next_level
        return Bounds(
            minimum=self.limits.minimum,
            maximum=at.one if own is None or own.maximum is None else own.maximum,
            per_day=per_day,
            max_balance=self._max_balance if max_balance is None else max_balance,
            lifted_by=_STEP_TO[level] if level else None,
            lifted_to=self.limits.at(level).one if level else None,
            balance_lifted_by=self._balance_lifted_by(),
        )

    @property
    def _max_balance(self) -> Decimal:
        has_document = self.verification.has_company_document
        return self.limits.document if has_document else self.limits.balance

    @property
    def _next_level(self) -> VerificationLevel | None:
        """The next level, if it or one above it allows more than holds now."""
        own, level = self.own, self.verification.level
        if own and (own.maximum or own.per_day or own.is_day_unlimited):
            return None
        higher = [it for it in VerificationLevel if it.rank > level.rank]
        now, of = self.limits.at(level), self.limits.at
        lifts = any(of(each).allows_more_than(now) for each in higher)
        return higher[0] if lifts else None

    def _balance_lifted_by(self) -> VerificationStep | None:
        is_set = self.own is not None and self.own.max_balance is not None
        is_passed = self.verification.has_company_document
        is_more = self.limits.document > self.limits.balance
        if is_set or is_passed or not (is_more and self.is_business):
            return None
        return VerificationStep.COMPANY_DOCUMENT


def bounds_of(
    session: Session, limits: Limits, company_id: UUID, currency: str
) -> Bounds:
    """Return what bounds a company's next top-up in a currency."""
    return _standing(session, limits, company_id, currency).bounds


def find_limits(session: Session, limits: Limits, company_id: UUID) -> TopUpLimitsFound:
    """Return what holds for a company, and what each level allows."""
    primary = select(Wallet.currency).where(
        Wallet.company_id == company_id, Wallet.is_primary
    )
    currency = session.scalar(primary)
    if currency is None:
        return TopUpLimitsFound(limits=None)
    standing = _standing(session, limits, company_id, currency)
    table, verification = standing.limits, standing.verification
    of_levels = [
        LevelAllowance(
            level=level,
            allowance=_allowance(
                currency,
                Bounds(
                    minimum=table.minimum,
                    maximum=table.at(level).one,
                    per_day=table.at(level).per_day,
                    max_balance=table.balance,
                ),
                level,
            ),
        )
        for level in VerificationLevel
    ]
    return TopUpLimitsFound(
        limits=CompanyTopUpLimits(
            level=verification.level,
            has_company_document=verification.has_company_document,
            now=_allowance(currency, standing.bounds, verification.level),
            levels=of_levels,
            balance_then=Money(table.document, currency_of(currency)),
            is_set_by_operator=standing.own is not None,
        )
    )


def set_limits(change: Change, limits: Limits, request: SetTopUpLimits) -> Allowance:
    """Set limits of a company's own; without any, those of its level hold again.

    Raises:
        NotFound: ``no_such_wallet``.
        InvalidInput: ``bad_amount``.
    """
    company_id, currency = request.company_id, request.currency
    lock_wallet(change.db, company_id, currency)
    minimum = limits.of(currency).minimum
    one, per_day, max_balance = (
        _checked(each, currency, minimum)
        for each in (request.one, request.per_day, request.max_balance)
    )
    if request.is_day_unlimited and per_day is not None:
        raise InvalidInput("bad_amount", "both a limit and none")
    row = CompanyLimits(
        company_id=company_id,
        currency=currency,
        maximum=one,
        per_day=per_day,
        is_day_unlimited=request.is_day_unlimited,
        max_balance=max_balance,
    )
    known = change.db.get(CompanyLimits, (company_id, currency))
    if one is per_day is max_balance is None and not request.is_day_unlimited:
        if known is not None:
            change.db.delete(known)
    else:
        change.db.merge(row)
    change.db.flush()
    standing = _standing(change.db, limits, company_id, currency)
    return _allowance(currency, standing.bounds, standing.verification.level)


def _standing(
    session: Session, limits: Limits, company_id: UUID, currency: str
) -> _Standing:
    company = session.get(Company, company_id)
    return _Standing(
        limits=limits.of(currency),
        verification=verification_of(session, company_id),
        own=session.get(CompanyLimits, (company_id, currency)),
        is_business=company is not None and company.is_business,
    )


def _allowance(currency: str, bounds: Bounds, level: VerificationLevel) -> Allowance:
    unit = currency_of(currency)
    return Allowance(
        one=Money(bounds.maximum, unit),
        per_day=None if bounds.per_day is None else Money(bounds.per_day, unit),
        max_balance=Money(bounds.max_balance, unit),
        saves_cards=level.reaches(VerificationLevel.IDENTITY),
    )


def _checked(limit: Money | None, currency: str, minimum: Decimal) -> Decimal | None:
    if limit is None:
        return None
    is_of_wallet = limit.currency.code == currency
    if not (is_of_wallet and fits_ledger(limit) and limit.amount >= minimum):
        raise InvalidInput("bad_amount")
    return limit.amount
