"""Headers, cookies, forms and hosts: what keeps a browser safe with us."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shared.contracts.identity.memberships import Role
from tests.fixtures.installations import (
    PASSWORD,
    Installation,
    csrf_token,
    post,
    sign_in,
)
from tests.fixtures.web.pages import HTMX, OPEN_TO_ALL
from web.site.assets import asset_url
from web.site.csrf import unmask

HTTPS_HOST = "clients.example"
STATIC = asset_url("app.css")

LOCKED = ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")

READS = {
    "identity.resume_session",
    "identity.get_account",
    "identity.get_documents",
    "identity.get_factors",
    "identity.find_sign_up",
    "identity.open_contact",
    "identity.open_invitation",
    "identity.get_pending_login",
    "identity.get_company",
    "billing.dashboard",
    "inventory.dashboard",
}
"""What a form is shown again with."""

SIGNED = {"/webhooks/<gateway>", "/stop-documents/<token>"}
"""No forms: who sends these signs them, and billing looks at that; or a mail program
follows a mail's List-Unsubscribe, whose token is the proof (RFC 8058)."""


def test_no_answer_allows_inline_script_or_style(site: Installation) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")

    for address in ("/", "/services", "/account", "/login", "/no/such", "/healthz"):
        answer = browser.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        for part in ("default-src 'self'", *LOCKED):
            assert part in policy, (address, part)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert not re.search(
            r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", answer.text
        )


def test_the_cookies_are_out_of_reach_of_scripts(site: Installation) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")

    for name in ("session", "principal", "device"):
        cookie = browser.get_cookie(name)
        assert cookie is not None, name
        assert cookie.http_only
        assert cookie.same_site == "Lax"


def test_a_site_of_https_keeps_browsers_and_their_cookies_on_it(
    site: Installation,
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = _browser_of_https(site)
    _choose_theme(browser)
    answer = _log_in(browser)

    assert answer.status_code == 303, answer.text
    for name in ("session", "principal", "device", "theme"):
        cookie = browser.get_cookie(f"__Host-{name}", HTTPS_HOST)
        assert cookie is not None, name
        # Without these a browser does not take a cookie of such a name.
        assert (cookie.secure, cookie.path) == (True, "/"), name
        assert cookie.origin_only, name
    for address in ("/", "/login", "/theme.css", "/no/such", "/healthz", STATIC):
        with browser.get(address) as found:
            told = found.headers["Strict-Transport-Security"]
        assert told == f"max-age={365 * 24 * 3600}; includeSubDomains", address


def test_names_below_can_be_left_out_where_they_need_http(
    site: Installation,
) -> None:
    browser = _browser_of_https(site, HSTS_SUBDOMAINS="no")

    told = browser.get("/login").headers["Strict-Transport-Security"]

    assert told == f"max-age={365 * 24 * 3600}"


def test_a_file_has_the_headers_of_every_other_answer(site: Installation) -> None:
    browser = site.app().test_client()
    page = browser.get("/login")
    with browser.get(STATIC) as file:
        assert file.status_code == 200

    own = {"Cache-Control", "Content-Length", "Content-Type", "Set-Cookie", "Vary"}
    safety = {name for name, _ in page.headers} - own - {"X-Request-ID"}
    assert {name: file.headers.get(name) for name in safety} == {
        name: page.headers[name] for name in safety
    }
    assert len(safety) >= 5
    assert "Access-Control-Allow-Origin" not in file.headers
    assert "immutable" in file.headers["Cache-Control"]


def test_a_wrong_method_gets_the_list_of_allowed_ones(site: Installation) -> None:
    answer = site.app().test_client().put("/login")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_a_throttled_user_sees_how_long_to_wait(site: Installation) -> None:
    browser = site.app().test_client()
    token = csrf_token(browser, "/login")
    fields = {"email": "nobody@example.com", "password": "x", "csrf_token": token}
    answers = [browser.post("/login", data=fields) for _ in range(20)]

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_the_token_of_forms_is_masked_in_each_answer_and_good_in_all(
    site: Installation,
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")

    tokens = [csrf_token(browser, "/account") for _ in range(3)]

    assert len(set(tokens)) == len(tokens)
    bare = unmask(tokens[0])
    assert bare
    assert bare not in browser.get("/account").text
    for token in tokens:
        fields = {"csrf_token": token, "theme": "dark"}
        assert browser.post("/theme", data=fields).status_code == 303
    for junk in (bare, tokens[0][:-4], "x", "é", ""):
        browser.post("/theme", data={"csrf_token": junk, "theme": "light"})
        cookie = browser.get_cookie("theme")
        assert cookie
        assert cookie.value == "dark"


def test_a_site_of_http_does_not_ask_for_https(site: Installation) -> None:
    """On a developer's machine nobody would answer there."""
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")

    assert "Strict-Transport-Security" not in browser.get("/").headers
    for name in ("session", "principal"):
        cookie = browser.get_cookie(name)
        assert cookie is not None
        assert not cookie.secure


def test_pages_of_a_customer_are_not_kept_by_caches(site: Installation) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")

    assert browser.get("/").headers["Cache-Control"] == "no-store"


def test_every_other_address_asks_a_stranger_to_log_in(site: Installation) -> None:
    app = site.app()
    browser = app.test_client()

    for rule in _readable(app):
        address = re.sub(r"<[^>]+>", "balance", rule.rule)
        answer = browser.get(address, headers=HTMX)
        if rule.rule in OPEN_TO_ALL:
            # A mailed link or a second step may be refused without its token.
            assert answer.status_code in {200, 302, 303, 404}, address
        else:
            assert answer.status_code == 401, address
            assert answer.headers["HX-Redirect"].startswith("/login"), address


def test_a_block_sends_a_stranger_to_the_login_through_htmx(
    site: Installation,
) -> None:
    browser = site.app().test_client()

    answer = browser.get("/blocks/balance", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login")


def test_every_form_that_changes_something_needs_its_token(site: Installation) -> None:
    site.customer("ada@example.com", "Ada & Co")
    app = site.app()
    browser = sign_in(app, "ada@example.com")
    posts = {rule.rule for rule in app.url_map.iter_rules() if "POST" in _methods(rule)}

    assert posts > SIGNED
    site.client.calls.clear()
    for address in posts - SIGNED:
        answer = browser.post(address, data={"company": "x", "theme": "dark"})
        assert answer.status_code in {303, 400, 403, 404, 422}, address
    assert set(site.client.calls) <= READS
    assert browser.get_cookie("theme") is None
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize(
    "sender",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://[x"},
        {"Origin": "http://[::1]:8000"},
        {"Origin": "http://localhost:x@evil.example"},
    ],
)
@pytest.mark.parametrize("address", ["/login", "/theme", "/no/such", "/services"])
def test_a_form_from_another_site_logs_nobody_out(
    site: Installation, address: str, sender: dict[str, str]
) -> None:
    answer = site.app().test_client().post(address, headers=sender)

    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "sender", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost:81"}]
)
def test_our_own_login_begins_a_session(
    site: Installation, sender: dict[str, str]
) -> None:
    answer = site.app().test_client().post("/login", headers=sender)

    assert answer.headers["Set-Cookie"].startswith("session=")


def test_a_host_that_is_not_ours_is_refused(site: Installation) -> None:
    answer = site.app().test_client().get("/login", headers={"Host": "evil.example"})

    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["LOCALHOST", "LocalHost:8000"])
def test_our_host_is_ours_in_capitals_too(site: Installation, host: str) -> None:
    answer = site.app().test_client().get("/login", headers={"Host": host})

    assert answer.status_code == 200


def test_a_login_form_of_ten_thousand_letters_is_answered_beside_the_field(
    site: Installation,
) -> None:
    browser = site.app().test_client()
    token = csrf_token(browser, "/login")

    answer = browser.post(
        "/login",
        data={"email": "x" * 10_000, "password": "p", "csrf_token": token},
    )

    assert answer.status_code == 422
    assert 'id="field-email-error"' in answer.text


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "/\x0eevil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "//evil.example/?a\r\nSet-Cookie: x=y",
        "/logout",
        "/no/such/page",
    ],
)
def test_the_login_leads_only_to_our_own_pages(site: Installation, target: str) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = site.app().test_client()
    token = csrf_token(browser, "/login")

    answer = browser.post(
        "/login",
        query_string={"next": target},
        data={
            "email": "ada@example.com",
            "password": "a-long-Password-1",
            "csrf_token": token,
        },
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_line_ends_in_the_way_to_go_next_stay_within_the_address(
    site: Installation,
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")

    answer = browser.get("/login", query_string={"next": "/services?q=a\r\nX: y"})

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/services?q=a%0D%0AX%3A+y"
    assert "X" not in answer.headers


def test_the_log_of_a_login_holds_neither_password_nor_address(
    site: Installation,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    sign_in(site.app(), "ada@example.com").get("/")

    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "resume_session" in logged
    for secret in ("a-long-Password-1", "ada@example.com", "eyJ"):
        assert secret not in logged


def test_the_log_of_a_failure_holds_neither_what_was_searched_nor_a_name(
    site: Installation,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    company = site.customer("ada@example.com", "Ada & Co", Role.VIEWER)
    browser = sign_in(site.app(), "ada@example.com")
    post(browser, f"/companies/{company}/tax-id", form_key="a-key", tax_id="")
    site.client.down.add("inventory")
    browser.get("/services?q=whitewhale")

    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "user lacks billing.manage" in logged
    assert "inventory.list_services" in logged
    assert "A Person" not in logged
    assert "whitewhale" not in logged


def _browser_of_https(site: Installation, **settings: str) -> FlaskClient:
    url = f"https://{HTTPS_HOST}"
    app = replace(site, environment={"PUBLIC_URL": url, **settings}).app()
    app.config.update(SERVER_NAME=HTTPS_HOST, PREFERRED_URL_SCHEME="https")
    browser = app.test_client()
    # Over https a form is taken only from a page of ours.
    browser.environ_base["HTTP_REFERER"] = f"{url}/login"
    return browser


def _choose_theme(browser: FlaskClient) -> None:
    token = csrf_token(browser, "/login")
    browser.post("/theme", data={"theme": "dark", "csrf_token": token})


def _log_in(browser: FlaskClient) -> TestResponse:
    token = csrf_token(browser, "/login")
    fields = {"email": "ada@example.com", "password": PASSWORD, "csrf_token": token}
    return browser.post("/login", data=fields)


def _readable(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if "GET" in _methods(rule)]


def _methods(rule: Rule) -> set[str]:
    return rule.methods or set()
