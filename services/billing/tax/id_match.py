"""Whether a register's name and address are those of a company's profile. Pure.

Loose, as people abbreviate: signs, case and legal forms don't count, nor alphabet and
accents (`services.billing.tax.latin_names`). The names agree if all words of the
shorter are in the longer; the addresses if the postal code or the city is in the
register's. What the register doesn't say can't differ. What still differs goes to
the operator: `client-area tax differing-vat-ids`.
"""

import re

from services.billing.tax.latin_names import in_latin, one_spelling
from shared.contracts.billing.tax import TaxIdMatch

_FORMS = (
    "ab ad ae ag akcyjna anonymi aps as bv bvba co cv dba doo ead ee efthynis ek eood "
    "epe et etaireia etairia eurl ev gbr gmbh hb ike inc kb kft kg kgaa ky lda limited "
    "ltd mbh monoprosopi nv nyrt odpowiedzialnoscia oe og ograniczona ohg oo ood ou oy "
    "oyj periorismenis plc sa sab sarl sas sasu se sia sl slu snc soc sociedad societe "
    "sp spa spj spk spol spolka srl srls sro the uab ug z zoo zrt"
)
_SHORTEST_CODE = 3
"""Letters and digits of a postal code; fewer could be in any address."""
_LEGAL_FORMS = frozenset(_FORMS.split())
_NOTHING = frozenset({"", "---"})


def compare(
    name: str, address: str, *, own_name: str, own_postal_code: str, own_city: str
) -> TaxIdMatch:
    """Compare what the register says with the profile's own."""
    tells_name = name.strip() not in _NOTHING
    tells_address = address.strip() not in _NOTHING
    if not tells_name and not tells_address:
        return TaxIdMatch.NOT_DISCLOSED
    if tells_name and not _names_agree(name, own_name):
        return TaxIdMatch.DIFFERS
    if tells_address and not _is_at(address, own_postal_code, own_city):
        return TaxIdMatch.DIFFERS
    return TaxIdMatch.MATCHES


def _names_agree(one: str, other: str) -> bool:
    first, second = _words(one), _words(other)
    if not first or not second:
        return _plain(one) == _plain(other)
    return first <= second or second <= first


def _is_at(address: str, postal_code: str, city: str) -> bool:
    if _has_code(address, postal_code):
        return True
    place = _spelled(city)
    return bool(place) and f" {place} " in f" {_spelled(address)} "


def _has_code(address: str, postal_code: str) -> bool:
    """Whether a postal code is there as a whole, whatever is between its letters."""
    code = re.sub(r"^[A-Z]{1,2}-", "", postal_code.strip().upper())
    letters = re.sub(r"[^A-Z0-9]", "", code)
    if len(letters) < _SHORTEST_CODE:
        return False
    pattern = r"[\W_]*".join(letters)
    return bool(re.search(rf"(?<!\d){pattern}(?!\d)", address.upper()))


def _words(name: str) -> frozenset[str]:
    words = frozenset(_plain(name).split()) - _LEGAL_FORMS
    return frozenset(map(one_spelling, words))


def _spelled(text: str) -> str:
    """A place's words; a dot parts them, as in "gr.Sofia"."""
    return " ".join(map(one_spelling, _plain(text.replace(".", " ")).split()))


def _plain(text: str) -> str:
    """Small letters and digits, words parted by a blank; "S.A.R.L." is one word."""
    letters = re.sub(r"[.']", "", in_latin(text))
    return " ".join(re.sub(r"[^\w]|_", " ", letters).split())
