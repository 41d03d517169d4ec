"""National numbers of businesses, which people take for their VAT ID. Pure."""

import re
from collections.abc import Callable, Mapping

from stdnum.at import businessid
from stdnum.at import tin as at_tin
from stdnum.de import handelsregisternummer, idnr, stnr
from stdnum.ee import registrikood
from stdnum.fr import nif as fr_nif
from stdnum.fr import siren, siret
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import regon
from stdnum.se import orgnr
from stdnum.si import maticna

_Check = Callable[[str], bool]


def _has_form(pattern: str) -> _Check:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None


_NATIONAL: Mapping[str, tuple[_Check, ...]] = {
    "AT": (at_tin.is_valid, businessid.is_valid, _has_form(r"FN ?\d{1,6} ?[A-Z]")),
    "DE": (
        stnr.is_valid,
        idnr.is_valid,
        handelsregisternummer.is_valid,
        _has_form(r"HR[AB] ?\d{1,6}"),
    ),
    "EE": (registrikood.is_valid,),
    "FR": (siren.is_valid, siret.is_valid, fr_nif.is_valid),
    "HU": (_has_form(r"\d{8}-?[1-5]-?\d{2}"),),
    "IT": (codicefiscale.is_valid,),
    "NL": (bsn.is_valid, _has_form(r"\d{8}")),
    "PL": (regon.is_valid,),
    "RO": (_has_form(r"J\d{2}/\d+/\d{4}"),),
    "SE": (orgnr.is_valid,),
    "SI": (maticna.is_valid,),
}
_VAT_ID_LIKE = {
    "AT": "ATU12345678",
    "DE": "DE123456789",
    "EE": "EE123456789",
    "FR": "FR12345678901",
    "HU": "HU12345678",
    "IT": "IT12345678901",
    "NL": "NL123456789B01",
    "PL": "PL1234567890",
    "RO": "RO12345678",
    "SE": "SE123456789001",
    "SI": "SI12345678",
}


def vat_id_like(text: str, country: str) -> str | None:
    """How a VAT ID of a country looks, if this is a national number of it instead.

    ``country`` is ISO 3166-1; its letters may precede the number.
    """
    plain = text.strip().upper()
    written = {plain, plain.removeprefix(country).strip()}
    checks = _NATIONAL.get(country, ())
    if any(check(number) for check in checks for number in written):
        return _VAT_ID_LIKE[country]
    return None
