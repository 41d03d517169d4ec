"""What the profile's page shows of a company, as lines of text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from flask_babel import gettext as _

from shared.contracts.identity.companies import Company
from shared.contracts.identity.memberships import CompanyMembership
from web.language.locale import country_name
from web.language.places import time_zone_name
from web.language.words import words_for


@dataclass(frozen=True)
class CompanyView:
    """``about`` is where it is and of which type; ``role`` is the reader's, in words.

    ``role`` is empty while identity doesn't answer. ``details`` are names and values.
    """

    about: str
    role: str
    details: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, company: Company, memberships: Iterable[CompanyMembership]) -> Self:
        role = next((m.role for m in memberships if m.company_id == company.id), None)
        words = words_for("role")[role.value] if role else ""
        return cls(
            about=_about(company),
            role=_("Your role: %(role)s", role=words) if role else "",
            details=_details(company),
        )


def _about(company: Company) -> str:
    country = country_name(company.address.country)
    if company.is_business:
        return _("%(country)s, business", country=country)
    return _("%(country)s, private individual", country=country)


def _details(company: Company) -> list[tuple[str, str]]:
    address = company.address
    return [
        (_("Legal name"), company.name),
        (_("Type"), _("Business") if company.is_business else _("Private")),
        (_("Street"), address.street),
        (_("Postal code and city"), f"{address.postal_code} {address.city}".strip()),
        (_("Region"), address.region),
        (_("Country"), country_name(address.country)),
        (_("Time zone"), time_zone_name(company.time_zone)),
        (_("Company ID"), str(company.id)),
    ]
