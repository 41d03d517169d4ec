"""Whether a register's name and address are those of a company's profile. Pure.

Loose, as people abbreviate: signs, accents, case and legal forms don't count. The names
agree if all words of the shorter are in the longer; the addresses if the postal code
or the city is in the register's. What the register does not tell can't differ.
"""

import re
import unicodedata

from shared.contracts.billing.tax import TaxIdMatch

_FORMS = (
    "ab ag akcyjna aps as bv bvba co cv dba doo ead ek eood eurl ev gbr gmbh hb inc kb "
    "kft kg kgaa ky lda limited ltd mbh nv nyrt odpowiedzialnoscia oe og ograniczona "
    "ohg oo ou oy oyj plc sa sab sarl sas sasu se sia sl slu snc soc sociedad societe "
    "sp spa spj spk spol spolka srl srls sro the uab ug z zoo zrt"
)
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
    code = re.sub(r"^[A-Z]{1,2}-", "", postal_code.strip().upper())
    squeezed = re.sub(r"[^A-Z0-9]", "", address.upper())
    code = re.sub(r"[^A-Z0-9]", "", code)
    if code and code in squeezed:
        return True
    place = _plain(city)
    return bool(place) and f" {place} " in f" {_plain(address)} "


def _words(name: str) -> frozenset[str]:
    return frozenset(_plain(name).split()) - _LEGAL_FORMS


def _plain(text: str) -> str:
    """Small letters and digits, words parted by a blank; "S.A.R.L." is one word."""
    # This one does not come apart into a letter and a sign.
    folded = text.casefold().replace("\N{LATIN SMALL LETTER L WITH STROKE}", "l")
    decomposed = unicodedata.normalize("NFKD", folded)
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]|_", " ", re.sub(r"[.']", "", letters)).split())
