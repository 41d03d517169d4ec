"""Postal codes of countries in which VAT depends on them.

A spreadsheet turns ``03501`` into ``3501``. The zeros are added again where nothing
else can be meant: to digits alone, up to two, and only where the country has codes that
begin so. ``8238`` and ``6911`` stay unclear: Switzerland's codes of Büsingen (Germany)
and Campione (Italy). Sources: the Universal Postal Union's addressing sheets.
"""

import re
import unicodedata
from dataclasses import dataclass

_MOST_ZEROS = 2


@dataclass(frozen=True)
class _Form:
    """A country's format; ``pattern`` matches a code without blanks and signs.

    ``letters`` are what people put in front of it (``E-38001``), ``unclear`` what looks
    like a code that lacks zeros and is another one.
    """

    pattern: str
    letters: str
    example: str
    unclear: frozenset[str] = frozenset()


_FORMS = {
    "DE": _Form(r"0[1-9]\d{3}|[1-9]\d{4}", "DE?", "01067", frozenset({"8238"})),
    "ES": _Form(r"(0[1-9]|[1-4]\d|5[0-2])\d{3}", "ES?", "03501"),
    "FI": _Form(r"\d{5}", "FIN?|SF|AX", "02200"),
    "FR": _Form(r"(0[1-9]|[1-8]\d|9[0-8])\d{3}", "FR?", "01000"),
    "GB": _Form(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", "GB|UK", "BT1 5GS"),
    "GR": _Form(r"[1-8]\d{4}", "GR|EL", "105 57"),
    "IT": _Form(r"\d{5}", "IT?", "00118", frozenset({"6911"})),
    "PT": _Form(r"[1-9]\d{3}(\d{3})?", "PT?", "1100-148"),
}


def code_of(country: str, text: str) -> str | None:
    """Normalise a typed code: without blanks and signs, with leading zeros.

    Empty if it says nothing (``-``); None if it is not in the form of the country.
    Other countries than these have any form. ``country`` is ISO 3166-1.
    """
    typed = _in_ascii_digits(unicodedata.normalize("NFKC", text).upper().strip())
    plain = re.sub(r"[^0-9A-Z]", "", typed)
    form = _FORMS.get(country)
    if form is None:
        return plain
    code = re.sub(rf"^({form.letters})(?=\d|$|[A-Z]{{1,2}}\d)", "", plain)
    if not code or re.fullmatch(form.pattern, code, re.ASCII):
        return code
    is_number = typed == plain and typed.isdecimal()
    return _with_zeros(form, typed) if is_number else None


def completed(country: str, text: str) -> str:
    """Return a postal code as typed, or completed with leading zeros.

    Raises:
        ValueError: it is not in the form of the country; the message is an example.
    """
    if country not in _FORMS:
        return text
    code = code_of(country, text)
    if code is None:
        raise ValueError(_FORMS[country].example)
    return code if text.strip().isdecimal() else text


def _in_ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(each, each)) for each in text)


def _with_zeros(form: _Form, digits: str) -> str | None:
    for missing in range(1, _MOST_ZEROS + 1):
        code = "0" * missing + digits
        if re.fullmatch(form.pattern, code, re.ASCII) and digits not in form.unclear:
            return code
    return None
