"""Tax: categories, the rules that can apply, rates, and companies' tax IDs."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from uuid import UUID

import msgspec

from shared.contract import Effect, Event, Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.money import Money
from shared.permissions import Permission


class TaxCategory(Enum):
    """EN 16931's codes (UNCL 5305), as far as they can occur here."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    EXPORT = "G"
    """Of goods: nothing that is sold here."""
    OUT_OF_SCOPE = "O"
    EXEMPT = "E"
    ZERO = "Z"


class TaxRule(StrEnum):
    """Which rule was applied, and with which parameters beside ``country``.

    All with VAT have ``rate_percent`` and ``taxed_in`` (a country), and ``territory``
    if that has a rate of its own. Those about a VAT ID have ``vat_id``, after its first
    check also ``checked_on`` (ISO 8601) and ``proof`` (the consultation number, or
    empty).
    """

    DOMESTIC_PRIVATE = "domestic_private"
    DOMESTIC_BUSINESS = "domestic_business"
    ONE_STOP_SHOP = "one_stop_shop"
    """Private, another member state: its rate."""
    BELOW_THRESHOLD = "below_threshold"
    """Private, another member state, no one-stop shop: the seller's rate."""
    VAT_ID_MISSING = "vat_id_missing"
    """This and the next five: a business elsewhere in the EU, taxed as if private."""
    VAT_ID_OTHER_COUNTRY = "vat_id_other_country"
    VAT_ID_UNCONFIRMED = "vat_id_unconfirmed"
    """It has not been checked yet, or too long ago."""
    VAT_ID_UNREACHABLE = "vat_id_unreachable"
    """It was checked without an answer."""
    VAT_ID_INVALID = "vat_id_invalid"
    VAT_ID_DIFFERS = "vat_id_differs"
    """It is valid, but for a different name or address."""
    REVERSE_CHARGE = "reverse_charge"
    OUTSIDE_EU = "outside_eu"
    NORTHERN_IRELAND = "northern_ireland"
    TERRITORY_OUTSIDE_VAT = "territory_outside_vat"
    """With ``territory``: part of a member state, but not of the VAT territory."""


class TaxLine(Response, frozen=True, kw_only=True):
    """``rate_percent`` is a percentage: 19. ``tax`` is rounded once per category."""

    category: TaxCategory
    rate_percent: Decimal
    base: Money
    tax: Money


class TaxReason(Response, frozen=True, kw_only=True):
    """Which rule was applied: a code (`TaxRule`) and what it was applied to, as text.

    ``fields`` are the profile's fields that it read: ``country``, ``region``,
    ``postal_code``, ``city``, ``is_business``, ``tax_id``, ``tax_id_check``.
    """

    code: str
    parameters: dict[str, str]
    fields: list[str]


class TaxDecision(Response, frozen=True, kw_only=True):
    """The rule for one customer on one day, before any amount is known."""

    category: TaxCategory
    rate_percent: Decimal
    reason: TaxReason


class PlaceEvidence(Response, frozen=True, kw_only=True):
    """Evidence of a customer's location: countries (ISO 3166-1), empty if unknown.

    Of the profile, of the bank that issued the card, of the bank account, of the
    verified phone.
    """

    profile: str
    card: str = ""
    bank_account: str = ""
    phone: str = ""


class TaxIdState(Enum):
    UNCHECKED = "unchecked"
    VALID = "valid"
    INVALID = "invalid"
    UNREACHABLE = "unreachable"
    """No answer yet; asked again automatically."""


class TaxIdMatch(Enum):
    """Whether the register's name and address are those of the profile."""

    MATCHES = "matches"
    DIFFERS = "differs"
    NOT_DISCLOSED = "not_disclosed"
    """Some member states return neither; they confirm only the number."""


class TaxId(Response, frozen=True, kw_only=True):
    """A company's VAT ID and the result of its last check.

    ``name`` and ``address`` are the register's, empty if not disclosed. ``proof`` is
    the consultation number. ``checked_at`` is when the last answer came; ``failure`` a
    code for why there was none since. ``confirmed_by`` is the operator who has
    confirmed a name that differs.
    """

    number: str
    state: TaxIdState
    checked_at: datetime | None
    match: TaxIdMatch | None
    name: str
    address: str
    proof: str
    failure: str
    confirmed_by: str


class SetTaxId(Request, frozen=True, kw_only=True):
    """``number`` as people write it; empty to remove it."""

    number: str


class GetTaxProfile(Request, frozen=True, kw_only=True):
    pass


class TaxProfile(Response, frozen=True, kw_only=True):
    """``decision`` is the rule that applies today.

    Without one, ``problem`` says why: ``no_billing_address``, ``postal_code_unclear``
    or ``no_tax_rate``.
    ``takes_tax_id``: a VAT ID can matter for this company. ``company_version`` is the
    version of identity's company that this is based on: 0 if none was received.
    """

    company_id: UUID
    tax_id: TaxId | None
    takes_tax_id: bool
    decision: TaxDecision | None
    problem: str | None
    company_version: int = 0


class ConfirmTaxId(Request, frozen=True, kw_only=True):
    """The operator has checked that name and address are the customer's."""

    company_id: UUID
    reason: str


class TaxRate(Response, frozen=True, kw_only=True):
    """A standard rate, from ``valid_from`` up to the day before ``valid_until``.

    ``country`` is ISO 3166-1 (Greece is GR). ``territory`` is a part of it with a rate
    of its own, as ``PT-20``, or empty. ``recorded_by`` is empty for rates that came
    with the product.
    """

    country: str
    territory: str
    rate_percent: Decimal
    valid_from: date
    valid_until: date | None
    recorded_at: datetime
    recorded_by: str


class ListTaxRates(Request, frozen=True, kw_only=True):
    """Of one country, or of all."""

    country: str | None = None


class ConcernedTopUp(Response, frozen=True, kw_only=True):
    """An open top-up that can be paid on a day on which another rate holds.

    ``rate_percent`` is the one it was quoted at, ``expires_at`` when it ends unpaid.
    """

    company_id: UUID
    company: str
    reference: str
    gross: Money
    rate_percent: Decimal
    expires_at: datetime


class TaxRates(Response, frozen=True, kw_only=True):
    """``concerned`` are set for a rate that was just added."""

    rates: list[TaxRate]
    concerned: list[ConcernedTopUp] = msgspec.field(default_factory=list)


class AddTaxRate(Request, frozen=True, kw_only=True):
    """A rate from a day on; for the same day as another, it corrects that one."""

    country: str
    territory: str = ""
    rate_percent: Decimal
    valid_from: date


class ListDifferingTaxIds(Request, frozen=True, kw_only=True):
    """Valid VAT IDs registered to a different name or address, and not confirmed."""


class DifferingTaxId(Response, frozen=True, kw_only=True):
    """``registered`` is the register's name and address, ``own`` the profile's."""

    company_id: UUID
    number: str
    checked_at: datetime
    registered: str
    own: str


class DifferingTaxIds(Response, frozen=True, kw_only=True):
    """The newest check first, at most 1000."""

    tax_ids: list[DifferingTaxId]


class ListDoubtfulPlaces(Request, frozen=True, kw_only=True):
    """Of payments received on these days; both are included."""

    first_day: date
    last_day: date
    cursor: str | None = None
    limit: int = 1000


class DoubtfulPlace(Response, frozen=True, kw_only=True):
    """A private customer's payment with fewer than two pieces of evidence that agree.

    They agree with the country of the profile, by which it was taxed.
    """

    payment_id: UUID
    company_id: UUID
    company: str
    reference: str
    amount: Money
    received_on: date
    reason: TaxReason
    evidence: PlaceEvidence


class DoubtfulPlaces(Response, frozen=True, kw_only=True):
    """The oldest first; ``next`` is None when there are no more."""

    payments: list[DoubtfulPlace]
    next: str | None


SET_TAX_ID = Method(
    NAME, "set_tax_id", SetTaxId, TaxProfile, Permission.MANAGE_BILLING, Effect.CHANGE
)
"""InvalidInput ``bad_tax_id`` with ``country``, ``tax_id_other_country`` with
``country``, ``national_tax_number`` with ``country`` and ``example``, how a VAT ID
looks there; Conflict ``no_billing_address``, ``no_tax_id_there`` with ``country`` (a
private customer, or a country where it would change nothing)."""

GET_TAX_PROFILE = Method(
    NAME, "get_tax_profile", GetTaxProfile, TaxProfile, Permission.READ_BILLING
)

CONFIRM_TAX_ID = Method(
    NAME,
    "confirm_tax_id",
    ConfirmTaxId,
    TaxProfile,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""NotFound ``no_tax_id``; Conflict ``tax_id_not_valid``; InvalidInput
``reason_missing``, ``bad_reason``."""

LIST_TAX_RATES = Method(
    NAME, "list_tax_rates", ListTaxRates, TaxRates, Permission.OPERATE
)

ADD_TAX_RATE = Method(
    NAME,
    "add_tax_rate",
    AddTaxRate,
    TaxRates,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("country", "rate_percent", "valid_from"),
)
"""InvalidInput ``bad_country``, ``bad_territory``, ``bad_rate`` (0 to below 100, at
most two places), ``bad_date``. Its answer has the open top-ups that it concerns."""

LIST_DIFFERING_TAX_IDS = Method(
    NAME,
    "list_differing_tax_ids",
    ListDifferingTaxIds,
    DifferingTaxIds,
    Permission.OPERATE,
)

LIST_DOUBTFUL_PLACES = Method(
    NAME,
    "list_doubtful_places",
    ListDoubtfulPlaces,
    DoubtfulPlaces,
    Permission.OPERATE,
)
"""InvalidInput ``bad_limit`` with ``max_limit``, ``bad_cursor``, ``bad_day``."""

TAX_PROFILE_CHANGED = Event(NAME, "tax_profile_changed", TaxProfile)
"""The VAT ID, its check, or the address that the rule reads is another.

Only of companies that have, or had, a VAT ID. Nothing tells of a rule that changes for
other reasons, such as a rate that is added or begins, or an answer that is too old to
count. Who needs the rule of a day asks for it.
"""

METHODS = (
    SET_TAX_ID,
    GET_TAX_PROFILE,
    CONFIRM_TAX_ID,
    LIST_TAX_RATES,
    ADD_TAX_RATE,
    LIST_DIFFERING_TAX_IDS,
    LIST_DOUBTFUL_PLACES,
)
EVENTS = (TAX_PROFILE_CHANGED,)
