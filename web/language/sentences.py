"""The language of sentences: the best catalogue for the reader, or else English.

It may differ from the locale of the reader's figures and times. Views use Flask-Babel's
``gettext`` and ``ngettext``, templates ``_``, ``ngettext`` and ``{% trans %}``.
"""

from collections.abc import Iterable

from babel.lists import format_list
from babel.support import NullTranslations
from flask import Flask
from flask_babel import Babel, Domain, get_locale, gettext
from markupsafe import Markup, escape

from shared.language.translation import DOMAIN, catalogue
from web.language.locale import sentence_locale


class _Catalogue(Domain):
    """The catalogue that the command line and documents read, too."""

    def __init__(self) -> None:
        super().__init__(domain=DOMAIN)  # type: ignore[no-untyped-call]

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return catalogue(locale) if locale else NullTranslations()

    def choose_plural(self, singular: str, plural: str, number: int) -> str:
        """Return the form for a number, whose parameters Jinja fills in."""
        return str(self.get_translations().ngettext(singular, plural, number))


def register(app: Flask) -> None:
    """Give templates and views the catalogue in the reader's language."""
    babel = Babel(app, configure_jinja=False, locale_selector=sentence_locale)
    sentences = _Catalogue()
    babel.domain_instance = sentences
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    install = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]
    install(gettext, sentences.choose_plural, newstyle=True)
    app.add_template_global(page_language)
    app.add_template_filter(list_in_sentence, "listed")


def page_language() -> str:
    """The language of the page's sentences, as ``lang`` of ``<html>`` has it."""
    return str(sentence_locale()).replace("_", "-")


def list_in_sentence(parts: Iterable[str]) -> Markup:
    """Join parts, which may be markup, as a sentence does: A, B and C."""
    escaped = [str(escape(part)) for part in parts]
    joined = format_list(escaped, locale=sentence_locale())
    return Markup(joined)  # noqa: S704  each part is escaped
