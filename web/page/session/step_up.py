"""Ask somebody to confirm who they are, and keep meanwhile what they have sent.

A service refuses what matters most with ``step_up_required`` if the last proof is too
old. Whatever view called it, the answer is made here: the form for a proof, as a dialog
for htmx and else as a page. The address and the fields that were sent go along in that
form, signed for this browser's session, and so pass through the page alone: nothing of
them is in a cookie or a log. Passwords and codes don't go along: a page that asks for
some requires the proof before it is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from flask import Response, current_app, render_template
from flask import session as cookie
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import HiddenField, PasswordField
from wtforms.validators import InputRequired

from shared.contracts.identity.factors import GET_FACTORS, Factors, GetFactors
from shared.errors import ContractError, RemoteFault
from web.page.addresses import own_address, page_of_form, return_address
from web.page.authenticator_apps import AnyCodeField
from web.page.context import context
from web.page.forms import PageForm
from web.page.htmx import request
from web.page.visit import Visit, prepare_reader

REQUIRED = "step_up_required"

_KEPT_FOR_S = 3_600
_LONGEST_KEPT = 64 * 1024
"""Characters of names and values; what is longer has to be sent again."""
_DIALOG = {
    "HX-Retarget": "#dialog",
    "HX-Reswap": "innerHTML",
    "HX-Reselect": "dialog",
    "HX-Push-Url": "false",
}
_TOKEN = "csrf_token"  # noqa: S105  a field's name


@dataclass(frozen=True)
class KeptRequest:
    """What was asked for before the proof: a page, or a form with its fields.

    ``page`` is where a person comes back to without it.
    """

    address: str
    page: str
    is_form: bool = False
    fields: Sequence[tuple[str, str]] = ()

    @classmethod
    def of_this_request(cls) -> Self:
        page = return_address()
        if request.method != "POST":
            here = page if request.htmx else request.full_path
            return cls(address=here, page=page)
        fields = [
            (name, value)
            for name, value in request.form.items(multi=True)
            if name != _TOKEN
        ]
        length = sum(len(name) + len(value) for name, value in fields)
        form = page_of_form(request.endpoint)
        has_secret = form is not None and form.has_secret
        if has_secret or request.files or length > _LONGEST_KEPT:
            return cls(address=page, page=page)
        return cls(request.full_path, page, is_form=True, fields=fields)

    @classmethod
    def of_page(cls, target: str | None) -> Self:
        page = own_address(target) or "/"
        return cls(address=page, page=page)

    @classmethod
    def unseal(cls, text: str | None) -> Self | None:
        """Read what `seal` wrote for the same session, unless that is too long ago."""
        try:
            address, page, is_form, fields = _seals().loads(
                text or "", max_age=_KEPT_FOR_S
            )
        except BadData:
            return None
        return cls(address, page, is_form, [(name, value) for name, value in fields])

    def seal(self) -> str:
        return _seals().dumps([self.address, self.page, self.is_form, self.fields])


class PasskeyProofForm(PageForm):
    """A proof by passkey alone; ``credential`` is what the browser answers, as JSON.

    ``kept`` and ``next`` are as in `ProofForm`.
    """

    kept = HiddenField()
    next = HiddenField()
    credential = HiddenField()


class ProofForm(PageForm):
    """``kept`` is a `KeptRequest`, sealed; ``next`` is its page.

    ``asks_code``: the person has a second factor, and gives a code beside the password.
    ``passkeys_at`` is `WebSettings.address_for_passkeys` for who has a passkey.
    """

    refusals: ClassVar = {"wrong_password": "password", "wrong_code": "code"}
    kept = HiddenField()
    next = HiddenField()
    password = PasswordField(
        _("Password"),
        [InputRequired(_("Enter your password."))],
        render_kw={"autocomplete": "current-password", "autofocus": True},
    )

    code = AnyCodeField(_("Code from your app, or a recovery code"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.asks_code = bool(self.code.raw_data)
        self.passkeys_at: str | None = None

    @classmethod
    def for_request(cls, kept: KeptRequest) -> Self:
        return cls(formdata=None, kept=kept.seal(), next=kept.page)

    @property
    def passkey(self) -> PasskeyProofForm:
        """Return the form that asks for a passkey instead."""
        kept, page = self.kept.data, self.next.data
        return PasskeyProofForm(formdata=None, kept=kept, next=page)

    def fit(self, factors: Factors) -> None:
        """Ask for what this person can give."""
        self.asks_code = factors.is_on
        if factors.totp_since is None:
            self.code.label.text = _("Recovery code")
        if factors.has_passkey:
            settings = context().settings
            self.passkeys_at = settings.address_for_passkeys(request.host)

    @property
    def visible(self) -> list[Any]:
        return [it for it in super().visible if it is not self.code or self.asks_code]

    def refuse(self, refusal: ContractError) -> Self:
        self.asks_code = self.asks_code or refusal.code == "wrong_code"
        return super().refuse(refusal)


def require_proof(visit: Visit) -> None:
    """Require a recent proof for the page that follows, whose form has a secret.

    Raises:
        Forbidden: ``step_up_required``, which `ask_for_proof` answers.
        ContractError: as a `Visit` does.
    """
    visit.check_session()
    prepare_reader(visit)
    visit.identify().require_proof(context().clock.now())


def ask_for_proof() -> Response:
    """Answer a request that needs a proof first."""
    form = ProofForm.for_request(KeptRequest.of_this_request())
    form.status = 403
    return show_proof(form)


def show_proof(form: ProofForm) -> Response:
    """Show the form, as a dialog where htmx asks."""
    if factors := _factors():
        form.fit(factors)
    page = own_address(form.next.data) or "/"
    template = "auth/_confirm.html" if request.htmx else "auth/confirm.html"
    html = render_template(template, form=form, page=page)
    headers = _DIALOG if request.htmx else {}
    return current_app.make_response((html, form.status, headers))


def send_on(kept: KeptRequest) -> Response:
    """Show the form that was kept; a script sends it, or its reader does."""
    template = "auth/_send_on.html" if request.htmx else "auth/send_on.html"
    html = render_template(template, kept=kept)
    headers = _DIALOG if request.htmx else {}
    return current_app.make_response((html, 200, headers))


def _factors() -> Factors | None:
    """The reader's factors; if they can't be read, a refusal says what is missing."""
    try:
        visit = Visit(current_user.get_id())
        return visit.start(GET_FACTORS, GetFactors()).result()
    except (ContractError, RemoteFault):
        return None


def _seals() -> URLSafeTimedSerializer:
    """Sign for this browser: its session has the secret of its forms' tokens."""
    generate_csrf()
    return URLSafeTimedSerializer(
        current_app.secret_key or "", salt=f"step-up {cookie[_TOKEN]}"
    )
