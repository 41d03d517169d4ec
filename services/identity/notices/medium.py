"""The two media of a mail, plain text and HTML, made of the same templates.

A kind's template says what the mail says. Its layout and its pieces, such as a
paragraph or a button, are those of the medium.
"""

import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from shared.contracts.identity.notices import NoticeKind
from shared.language.translation import catalogue, current_language

_TEMPLATES = Path(__file__).with_name("templates")
_WIDTH = 76

_inliner = CSSInliner(
    # A reader's dark mode needs its media query.
    keep_style_tags=True,
    load_remote_stylesheets=False,
)


@dataclass(frozen=True)
class Medium:
    """``name`` is the end of its templates' names; ``own`` marks foreign words."""

    name: str
    own: Callable[[Any], str]
    finish: Callable[[str], str]

    def render(self, kind: NoticeKind, values: Mapping[str, Any]) -> str:
        """Render a mail of a kind, in the language of the `use_locale` block."""
        return self.finish(self._template(kind).render(self._with_own(values)))

    def subject(self, kind: NoticeKind, values: Mapping[str, Any]) -> str:
        """Render its subject, in one line."""
        template = self._template(kind)
        context = template.new_context(self._with_own(values))
        return " ".join("".join(template.blocks["subject"](context)).split())

    def _template(self, kind: NoticeKind) -> Template:
        return self._environment.get_template(f"{kind.value}.jinja")

    def _with_own(self, values: Mapping[str, Any]) -> dict[str, Any]:
        names = (f"{each}.{self.name}.jinja" for each in ("layout", "pieces"))
        return dict(values) | dict(zip(("layout", "pieces"), names, strict=True))

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=self.name == "html",  # noqa: S701  text has no markup
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.policies["ext.i18n.trimmed"] = True
        install = environment.install_gettext_callables  # type: ignore[attr-defined]
        install(_gettext, _ngettext, newstyle=True)
        environment.filters |= {"own": self.own, "paragraph": _paragraph}
        return environment


def _gettext(message: str) -> str:
    return catalogue(current_language()).gettext(message)


def _ngettext(singular: str, plural: str, number: int) -> str:
    return catalogue(current_language()).ngettext(singular, plural, number)


def _bdi(words: object) -> Markup:
    return Markup("<bdi>{}</bdi>").format(escape(words))


def _paragraph(text: str) -> str:
    """Fill the lines of a paragraph; an address stays whole."""
    return textwrap.fill(
        " ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False
    )


def _tidy(text: str) -> str:
    """Leave at most one empty line between parts."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


TEXT = Medium("txt", own=str, finish=_tidy)
HTML = Medium("html", own=_bdi, finish=_inliner.inline)
