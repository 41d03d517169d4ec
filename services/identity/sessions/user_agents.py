"""Which browser and system a User-Agent header names.

A header may claim anything, so the names only help people to recognise their devices.
Browsers claim to be their ancestors as well: the first name of the list that fits is
the right one.
"""

from typing import NamedTuple

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Epiphany/", "GNOME Web"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class UserAgent(NamedTuple):
    """Names as their makers write them, such as Firefox and Linux; may be empty."""

    browser: str
    system: str

    @property
    def words(self) -> str:
        """Both names, for a notice."""
        return ", ".join(filter(None, self))


def read_user_agent(header: str) -> UserAgent:
    return UserAgent(_first(_BROWSERS, header), _first(_SYSTEMS, header))


def _first(names: tuple[tuple[str, str], ...], header: str) -> str:
    return next((name for mark, name in names if mark in header), "")
