"""Setting up an authenticator app: the form, and what the app reads its secret from.

The secret goes with the form, so that a wrong code changes nothing of what the app has
scanned. Nothing keeps it until the app has shown a right code.
"""

from dataclasses import dataclass
from typing import Self

import segno
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from pyotp.utils import build_uri
from wtforms import HiddenField, StringField

from shared.contracts.identity.factors import TotpProposal
from web.page.context import context
from web.page.forms import PageForm

_LONGEST = 100
_GROUP = 4


class CodeField(StringField):  # type: ignore[misc]
    """Six digits from an app."""

    attributes = {  # noqa: RUF012  WTForms' own is a plain one, too
        "inputmode": "numeric",
        "autocomplete": "one-time-code",
        "maxlength": "10",
        "placeholder": "000000",
    }

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0][:_LONGEST] if valuelist else ""


class AnyCodeField(StringField):  # type: ignore[misc]
    """Six digits from an app, or a recovery code."""

    attributes = {  # noqa: RUF012
        "autocomplete": "one-time-code",
        "autocapitalize": "characters",
        "spellcheck": "false",
        "maxlength": "60",
    }

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0][:_LONGEST] if valuelist else ""


class AppForm(PageForm):
    """``proof`` is a code from before, where one app replaces another."""

    refusals = {"wrong_code": "code"}  # noqa: RUF012

    code = CodeField(_("6-digit code"))
    proof = AnyCodeField(_("Code from your present app, or a recovery code"))
    proposal = HiddenField()
    secret = HiddenField()
    email = HiddenField()

    @classmethod
    def propose(cls, proposal: TotpProposal) -> Self:
        return cls(
            formdata=None,
            proposal=proposal.proposal,
            secret=proposal.secret,
            email=proposal.email,
        )


@dataclass(frozen=True)
class AppSecret:
    """The secret as an app reads it: from a picture, or typed in groups of four."""

    picture: Markup
    groups: str
    plain: str

    @classmethod
    def of(cls, form: AppForm) -> Self:
        secret = form.secret.data or ""
        uri = build_uri(
            secret, form.email.data or "", issuer=context().settings.provider.name
        )
        code = segno.make(uri, error="m", micro=False)
        # The library escapes what it writes, and that are paths alone.
        picture = Markup(  # noqa: S704
            code.svg_inline(border=2, omitsize=True, dark="#000", light="#fff")
        )
        parts = (secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))
        return cls(picture, " ".join(parts), secret)
