"""What the profile's page says about tax: the rule that applies, and the VAT ID."""

from dataclasses import dataclass
from typing import Self

from flask_babel import lazy_gettext
from wtforms import StringField
from wtforms.validators import Optional

from shared.contracts.billing.tax import TaxId, TaxProfile
from shared.contracts.identity.companies import Company
from shared.errors import Conflict
from web.language.refusals import sentence
from web.language.tax_words import fields_read, next_step, rule, state_words
from web.page.forms import ChangeForm


class TaxIdForm(ChangeForm):
    about = "tax_id"
    tax_id = StringField(
        lazy_gettext("VAT ID"),
        [Optional()],
        description=lazy_gettext(
            "Include the two letters of the country, like DE123456789. Leave empty to "
            "remove it."
        ),
        render_kw={"autocomplete": "off", "spellcheck": "false", "maxlength": 40},
    )


@dataclass(frozen=True)
class TaxIdView:
    """A VAT ID with its state, as words and a badge's kind, and what comes next."""

    tax_id: TaxId
    state: str
    kind: str
    next: str

    @classmethod
    def of(cls, tax_id: TaxId) -> Self:
        return cls(tax_id, *state_words(tax_id), next=next_step(tax_id))


@dataclass(frozen=True)
class TaxView:
    """The tax details; ``form`` sets the VAT ID, where that makes sense.

    ``is_behind``: billing doesn't know the profile as it is now. Either there is a
    ``rule``, with the ``fields`` that it is based on, or a ``problem``.
    """

    is_behind: bool
    rule: str
    fields: str
    problem: str
    tax_id: TaxIdView | None
    form: TaxIdForm | None

    @classmethod
    def of(
        cls,
        company: Company | None,
        tax: TaxProfile | None,
        *,
        may_set: bool,
        shown: TaxIdForm | None = None,
    ) -> Self:
        """Describe what the services answer; ``shown`` is a form filled in."""
        tax_id = tax.tax_id if tax else None
        reason = tax.decision.reason if tax and tax.decision else None
        return cls(
            is_behind=bool(company and tax and tax.company_version < company.version),
            rule=rule(reason) if reason else "",
            fields=fields_read(reason) if reason else "",
            problem=_problem(company, tax) if company and tax and not reason else "",
            tax_id=TaxIdView.of(tax_id) if tax_id else None,
            form=(shown or _form(tax)) if may_set else None,
        )


def _form(tax: TaxProfile | None) -> TaxIdForm | None:
    """Return the form where a VAT ID can matter, or is there to be removed."""
    known = tax.tax_id.number if tax and tax.tax_id else ""
    takes_one = bool(known) or (tax is not None and tax.takes_tax_id)
    return TaxIdForm(formdata=None, tax_id=known) if takes_one else None


def _problem(company: Company, tax: TaxProfile) -> str:
    """Say why no rule applies, as where a top-up is refused for it."""
    about = {
        "country": company.address.country,
        "postal_code": company.address.postal_code,
    }
    return sentence(Conflict(tax.problem or "no_billing_address", parameters=about))
