"""The built styles, script and icons: which file is the current one."""

import json
from functools import cache, lru_cache
from pathlib import Path

from flask import Flask
from markupsafe import Markup

BUILT = Path(__file__).parents[1] / "static" / "build"
"""Where the built files are; served below /static/build/."""

_ICONS = Path(__file__).parents[1] / "assets" / "icons.json"
_UNKNOWN_ICON = "box"


def register_assets(app: Flask) -> None:
    """Give the templates `asset_url(name)` and `icon(name)`."""
    app.add_template_global(asset_url)
    app.add_template_global(icon)


def asset_url(name: str) -> str:
    """The address of a built file, such as app.css; it changes with the content.

    Raises:
        FileNotFoundError: nothing has been built yet.
        KeyError: there is no such file.
    """
    return f"/static/build/{_manifest()[name]}"


@lru_cache(maxsize=500)
def icon(name: str) -> Markup:
    """A picture beside words; screen readers skip it.

    A name that the sprite lacks, which a catalogue may contain, shows a plain box.
    """
    known = name if name in icon_names() else _UNKNOWN_ICON
    return Markup(
        '<svg class="icon" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>'
    ).format(asset_url("icons.svg"), known)


@cache
def icon_names() -> frozenset[str]:
    """The names that `icon` knows: ours, and those for a catalogue's families."""
    groups: dict[str, list[str]] = json.loads(_ICONS.read_text())
    return frozenset(name for names in groups.values() for name in names)


@cache
def _manifest() -> dict[str, str]:
    path = BUILT / "manifest.json"
    manifest: dict[str, str] = json.loads(path.read_text())
    return manifest
