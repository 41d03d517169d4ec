"""Light, dark or as the system says; and the provider's accent as a style sheet.

The accent is a setting, and the policy forbids styles in a page, so it is a file.
"""

import hashlib
import re
from colorsys import hls_to_rgb, rgb_to_hls
from functools import cache

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField

from web.page.addresses import form_on, own_address
from web.page.context import context
from web.page.forms import PageForm

THEMES = ("light", "dark", "system")
DEFAULT_ACCENT = "#3b55d9"

_READABLE = 4.6
"""The least contrast of text; WCAG AA asks for 4.5."""
_EASY_ON_DARK = 6.4
"""Saturated colours on dark tire the eyes unless they are lighter than that."""
_LIGHT_SURFACE = "#f4f5f8"
_DARK_SURFACE = "#23262f"
_YEAR_S = 365 * 24 * 3600
_HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

bp = Blueprint("theme", __name__)


@bp.app_context_processor
def _theme_of_page() -> dict[str, str]:
    sheet = accent_sheet(_accent())
    version = hashlib.sha256(sheet.encode()).hexdigest()[:12]
    return {
        "theme": chosen_theme(),
        "theme_url": url_for("theme.accent", v=version),
    }


@bp.get("/theme.css")
def accent() -> ResponseReturnValue:
    """The accent in the shades that can be read on a light and a dark surface."""
    response = Response(accent_sheet(_accent()), mimetype="text/css")
    response.add_etag()
    response.cache_control.public = True
    # The address of the page's link changes with the content.
    response.cache_control.max_age = _YEAR_S if "v" in request.args else 0
    return response.make_conditional(request)


class ThemeForm(PageForm):
    """Its buttons are the themes; the avatar menu shows it itself."""

    theme = StringField()
    next = HiddenField()


@bp.post("/theme")
@form_on("dashboard.dashboard")
def choose_theme() -> ResponseReturnValue:
    """Keep the choice in a cookie and go back to where it was made."""
    form = ThemeForm()
    target = own_address(form.next.data) or "/"
    response = make_response(redirect(target, code=303))
    if form.theme.data in THEMES:
        response.set_cookie(
            _cookie(),
            form.theme.data,
            max_age=_YEAR_S,
            secure=context().settings.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def chosen_theme() -> str:
    """The theme in the visitor's cookie: one of THEMES."""
    theme = request.cookies.get(_cookie(), "")
    return theme if theme in THEMES else "system"


@cache
def accent_sheet(colour: str) -> str:
    """Calculate the shades of an accent, given as #rrggbb.

    Buttons have it unchanged, with the text in black or white, whichever reads
    better. As text it is darkened, or lightened for dark, until it can be read.
    """
    base = colour if _HEX_COLOUR.fullmatch(colour) else DEFAULT_ACCENT
    on_accent = max("#ffffff", "#0b0d12", key=lambda ink: contrast(ink, base))
    ink = _shade_until(_READABLE, base, _LIGHT_SURFACE, step=-0.01)
    ink_on_dark = _shade_until(_EASY_ON_DARK, base, _DARK_SURFACE, step=0.01)
    return (
        ":root {\n"
        f"  --accent: {base};\n"
        f"  --on-accent: {on_accent};\n"
        f"  --accent-ink: light-dark({ink}, {ink_on_dark});\n"
        "}\n"
    )


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _accent() -> str:
    return context().settings.provider.accent or DEFAULT_ACCENT


def _cookie() -> str:
    return context().settings.cookie_name("theme")


def _shade_until(least: float, colour: str, surface: str, step: float) -> str:
    hue, lightness, saturation = rgb_to_hls(*_channels(colour))
    shade = colour
    while contrast(shade, surface) < least:
        lightness = min(1.0, max(0.0, lightness + step))
        rgb = hls_to_rgb(hue, lightness, saturation)
        shade = "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)
    return shade  # black and white, the ends of the way, are readable


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
