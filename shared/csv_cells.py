"""Cells of CSV that people open as a sheet."""

import re

# https://owasp.org/www-community/attacks/CSV_Injection. Where a sheet takes semicolons
# for the end of a cell, what follows one begins a cell, too.
_BEGINS_FORMULA = re.compile(r"(\A|;)(?=[=+\-@\t\r\n])")


def guard(text: str) -> str:
    """Text that no sheet takes for a formula."""
    return _BEGINS_FORMULA.sub(r"\1'", text)
