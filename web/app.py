"""The web application, put together from its areas."""

import secrets
import wsgiref.headers
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Flask, Response, g
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from web.account import (
    details,
    emails,
    passkeys,
    personal_data,
    sessions,
    two_factor,
)
from web.account import views as account
from web.activity import own as own_activity
from web.activity import views as activity
from web.auth import confirm, login_links, passkey_step, second_step
from web.auth import passkeys as passkey_login
from web.auth import views as auth
from web.companies import closing, leaving, new_company
from web.dashboard import views as dashboard
from web.dev import components, mailbox
from web.documents import views as documents
from web.funds import views as funds
from web.help import views as help_pages
from web.language import (
    acts,
    document_reasons,
    locale,
    notes,
    places,
    sentences,
    tax_words,
    words,
)
from web.language import phones as phone_language
from web.members import (
    contact_links,
    contacts,
    invitations,
    joining,
    one_member,
    ownership,
)
from web.members import views as members
from web.notices import not_me
from web.notices import views as notices
from web.page.context import EXTENSION, Context
from web.page.errors import register_error_pages
from web.page.htmx import register_htmx
from web.page.session.signed_in import login_manager
from web.page.visit import keep_principal
from web.profile import legal_details
from web.profile import views as profile
from web.services import handovers
from web.services import views as services
from web.signing_up import views as signing_up
from web.site import health, theme
from web.site.assets import BUILT, register_assets
from web.site.security import csrf, headers_of_every_answer, protect
from web.transactions import views as transactions
from web.verification import documents as identity_documents
from web.verification import emails as email_verification
from web.verification import phones
from web.verification import views as verification
from web.wallets import views as wallets
from web.webhooks import views as webhooks

_AREAS = (
    auth,
    second_step,
    passkey_login,
    passkey_step,
    confirm,
    login_links,
    signing_up,
    dashboard,
    services,
    handovers,
    account,
    details,
    emails,
    passkeys,
    sessions,
    two_factor,
    identity_documents,
    verification,
    email_verification,
    own_activity,
    personal_data,
    profile,
    leaving,
    legal_details,
    new_company,
    members,
    one_member,
    ownership,
    help_pages,
    invitations,
    contacts,
    joining,
    contact_links,
    closing,
    activity,
    notices,
    not_me,
    transactions,
    documents,
    wallets,
    funds,
    phones,
    theme,
    health,
    webhooks,
)
_CARRIES_COMPANY = frozenset(
    {
        "dashboard",
        "services",
        "account",
        "details",
        "emails",
        "identity_documents",
        "personal_data",
        "passkeys",
        "own_activity",
        "funds",
        "new_company",
        "notices",
        "phones",
        "sessions",
        "verification",
        "email_verification",
    }
)
"""Blueprints whose addresses say which company they were made for."""


def create_app(context: Context, secret: bytes, *, development: bool) -> Flask:
    """Make the application; ``development`` adds the page of all components."""
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = context
    register_htmx(app)
    _follow_requests(app)
    health.count_requests(app)
    protect(app, context.settings, secret)
    login_manager.init_app(app)
    locale.register(app)
    sentences.register(app)
    words.register(app)
    places.register(app)
    phone_language.register(app)
    notes.register(app)
    acts.register(app)
    tax_words.register(app)
    document_reasons.register(app)
    register_assets(app)
    register_error_pages(app)
    for area in _AREAS:
        app.register_blueprint(area.bp)
    app.register_blueprint(contact_links.stopping)
    csrf.exempt(webhooks.bp)
    csrf.exempt(contact_links.stopping)
    if development:
        app.register_blueprint(components.bp)
        app.register_blueprint(mailbox.bp)
    app.after_request(keep_principal)
    app.url_defaults(_carry_company)
    provider = context.settings.provider
    app.add_template_global(provider.support_address)
    offers_sign_up = context.settings.sign_up.is_on
    app.context_processor(
        lambda: {"provider": provider, "offers_sign_up": offers_sign_up}
    )
    _serve_assets(app, headers_of_every_answer(context.settings))
    if hops := context.settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    return app


def _follow_requests(app: Flask) -> None:
    """Give each request an id that its calls carry and its error page shows."""

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(process="web", request_id=g.request_id)

    @app.after_request
    def name(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        return response


def _carry_company(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint.partition(".")[0] in _CARRIES_COMPANY:
        values.setdefault("company", g.get("company_id"))


def _serve_assets(app: Flask, headers: Mapping[str, str]) -> None:
    """Serve the built files, cacheable for ever: their names are hashes."""

    def add_headers(answer: wsgiref.headers.Headers, _path: str, _url: str) -> None:
        for name, value in headers.items():
            answer[name] = value

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=BUILT,
        prefix="static/build/",
        immutable_file_test=lambda _path, _url: True,
        allow_all_origins=False,
        add_headers_function=add_headers,
    )
