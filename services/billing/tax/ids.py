"""Companies' VAT IDs: setting one, checking it again, confirming it by hand.

    unchecked → valid | invalid | unreachable, and from each to another by a new check

The check itself is `services.billing.tax.id_checks`, which runs when what happens here
is committed. Lock the company before changing a row.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.models.parties import Company
from services.billing.models.tax import TaxId
from services.billing.parties.companies import lock_company
from services.billing.parties.national_numbers import vat_id_like
from services.billing.parties.sellers import Seller
from services.billing.parties.vat_numbers import official_form, prefix_of
from services.billing.tax import profiles as tax_profiles
from services.billing.tax.customers import find_tax_id, get_party, keep_customer
from shared.contracts import billing
from shared.contracts.billing.tax import TaxIdMatch, TaxIdState
from shared.errors import Conflict, InvalidInput, NotFound
from shared.rpc.change import Change
from shared.text import clean_line, clean_reason

CHECKED_FIELDS = frozenset({"name", "street", "postal_code", "city", "country"})
"""If one of these changes, the register is asked again."""
READ_FIELDS = CHECKED_FIELDS | {"region", "is_business"}

ASKED_AT_MOST_EVERY = timedelta(minutes=1)
"""A company's share of the register, which shuts out a seller that asks too much."""

MOST_DIFFERING = 1_000
"""As many are listed."""

_MAX_NUMBER_LENGTH = 40


def set_tax_id(change: Change, company_id: UUID, request: billing.tax.SetTaxId) -> bool:
    """Keep a VAT ID, to be checked soon; or remove it.

    The same number is checked again, unless it is known to be valid. Returns whether
    anything changed.

    Raises:
        InvalidInput: ``bad_tax_id``, ``tax_id_other_country``, ``national_tax_number``.
        Conflict: ``no_billing_address``, ``no_tax_id_there``.
    """
    session = change.db
    lock_company(session, company_id)
    known = session.get(TaxId, company_id)
    number, country = "", ""
    if request.number.strip():
        company = get_party(session, company_id)
        if not tax_profiles.takes_tax_id(company):
            parameters = {"country": company.country}
            raise Conflict("no_tax_id_there", parameters=parameters)
        country = tax_profiles.place_of(company).country
        number = read_number(request.number, country)
    before = known.number if known else ""
    is_known = known is None or not number or known.state is TaxIdState.VALID
    if number == before and is_known:
        return False
    row = known or _new(company_id)
    row.number, row.country = number, country
    _start_over(row, change.call.now if number else None)
    session.add(row)
    return True


def read_number(text: str, country: str) -> str:
    """A VAT ID in its official form, with the prefix of its country.

    Raises:
        InvalidInput: ``bad_tax_id`` or ``tax_id_other_country``, with ``country``;
            ``national_tax_number`` with ``example`` as well.
    """
    about = {"country": country}
    prefix = prefix_of(country)
    try:
        line = clean_line(text, _MAX_NUMBER_LENGTH, required=True)
    except InvalidInput as refusal:
        raise InvalidInput("bad_tax_id", refusal.detail, about) from refusal
    number = official_form(line) or official_form(prefix + line)
    if number is None:
        if example := vat_id_like(line, country):
            about["example"] = example
            raise InvalidInput("national_tax_number", parameters=about)
        raise InvalidInput("bad_tax_id", parameters=about)
    if not number.startswith(prefix):
        raise InvalidInput("tax_id_other_country", parameters=about)
    return number


def confirm_tax_id(change: Change, request: billing.tax.ConfirmTaxId) -> None:
    """Note that an operator knows the register's name to be the customer's.

    Raises:
        NotFound: ``no_tax_id``.
        Conflict: ``tax_id_not_valid``.
        InvalidInput: ``reason_missing``, ``bad_reason``.
    """
    reason = clean_reason(request.reason, required=True)
    lock_company(change.db, request.company_id)
    row = find_tax_id(change.db, request.company_id)
    if row is None:
        raise NotFound("no_tax_id")
    if row.state is not TaxIdState.VALID:
        raise Conflict("tax_id_not_valid")
    row.confirmed_by, row.confirmed_why = change.call.principal.name, reason


def list_differing(session: Session) -> billing.tax.DifferingTaxIds:
    """What a person has to look at: of all companies, see the contract."""
    query = (
        select(TaxId, Company)
        .join(Company, Company.company_id == TaxId.company_id)
        .where(
            TaxId.state == TaxIdState.VALID,
            TaxId.match == TaxIdMatch.DIFFERS,
            TaxId.confirmed_by == "",
        )
        .order_by(TaxId.checked_at.desc(), TaxId.company_id)
        .limit(MOST_DIFFERING)
    )
    found = [_differing(row, company) for row, company in session.execute(query)]
    return billing.tax.DifferingTaxIds(tax_ids=found)


def _differing(row: TaxId, company: Company) -> billing.tax.DifferingTaxId:
    assert row.checked_at is not None
    place = f"{company.postal_code} {company.city}".strip()
    return billing.tax.DifferingTaxId(
        company_id=company.company_id,
        number=row.number,
        checked_at=row.checked_at,
        registered=", ".join(filter(None, (row.name, row.address))),
        own=", ".join(filter(None, (company.name, company.street, place))),
    )


def ask_again(session: Session, company_id: UUID, now: datetime) -> None:
    """Have a VAT ID checked against a profile that is another now.

    The company is locked.
    """
    row = find_tax_id(session, company_id)
    if row is not None:
        _start_over(row, now)


def emit_change(change: Change, seller: Seller, company_id: UUID) -> None:
    """Keep what is known from now on; give the VAT ID its next version, and tell of it.

    There is no event for a company that never had one.
    """
    keep_customer(change.db, company_id, change.call.now)
    row = change.db.get(TaxId, company_id)
    if row is None:
        return
    row.version += 1
    change.db.flush()
    change.emit(
        billing.tax.TAX_PROFILE_CHANGED,
        tax_profiles.view(change.db, seller, company_id, change.call.now),
        company_id=company_id,
        version=row.version,
    )


def _new(company_id: UUID) -> TaxId:
    return TaxId(company_id=company_id, version=0)


def _start_over(row: TaxId, now: datetime | None) -> None:
    """Forget the register's answer, and ask again soon; without ``now``, don't ask."""
    row.state = TaxIdState.UNCHECKED
    row.checked_at, row.match = None, None
    row.name = row.address = row.proof = row.failure = ""
    row.failure_count = 0
    row.next_check_at = None if now is None else _soonest(row, now)
    row.confirmed_by = row.confirmed_why = ""


def _soonest(row: TaxId, now: datetime) -> datetime:
    """When the register may be asked, whatever was asked for this company before."""
    return max(now, row.asked_at + ASKED_AT_MOST_EVERY) if row.asked_at else now
