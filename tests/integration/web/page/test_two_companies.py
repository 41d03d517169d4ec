"""One person, two companies: nothing is mixed up, and nobody is stuck."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from tests.fixtures.installations import (
    PASSWORD,
    Installation,
    post,
    same_cookies,
    sign_in,
)
from tests.fixtures.web.pages import HTMX
from tests.integration.web.page.conftest import EMAIL


@pytest.fixture
def app(site: Installation, second: UUID) -> Flask:
    return site.app()


def test_a_link_of_the_other_company_asks_which_one_is_meant(
    app: Flask, second: UUID
) -> None:
    browser = sign_in(app, EMAIL)

    answer = browser.get(f"/services?company={second}")

    assert answer.status_code == 409
    assert _choices(answer.text) == {"First &amp; Co", "Second &amp; Co"}


def test_the_choice_is_there_after_the_principal_has_expired(
    app: Flask, site: Installation, second: UUID
) -> None:
    browser = sign_in(app, EMAIL)
    site.clock.move(timedelta(minutes=6))

    answer = browser.get(f"/services?company={second}")

    assert answer.status_code == 409
    assert len(_choices(answer.text)) == 2


@pytest.mark.parametrize("choice", ["first", "second"])
def test_either_choice_leads_on(
    app: Flask, first: UUID, second: UUID, choice: str
) -> None:
    browser = sign_in(app, EMAIL)
    page = browser.get(f"/services?company={second}&state=active").text
    after = re.findall(r'name="next" value="([^"]+)"', page)[-1].replace("&amp;", "&")

    chosen = {"first": first, "second": second}[choice]
    answer = post(browser, "/companies/switch", company=str(chosen), next=after)

    assert answer.status_code == 303
    assert browser.get(answer.headers["Location"]).status_code == 200


def test_a_strangers_company_is_not_there_rather_than_another_choice(
    app: Flask, site: Installation
) -> None:
    stranger = site.customer("carol@example.com", "Third & Co")
    browser = sign_in(app, EMAIL)

    for address in ("/", "/services", "/blocks/balance"):
        answer = browser.get(f"{address}?company={stranger}", headers=HTMX)
        assert answer.status_code == 404, address
        assert "Third" not in answer.text


def test_an_ended_session_says_so_even_on_another_companys_link(
    app: Flask, second: UUID
) -> None:
    browser = sign_in(app, EMAIL)
    tab = same_cookies(app, browser)
    post(browser, "/logout")

    answer = tab.get(f"/services?company={second}")

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")


def test_another_companys_profile_is_shown_in_the_current_companys_frame(
    app: Flask, first: UUID, second: UUID
) -> None:
    browser = sign_in(app, EMAIL)

    page = browser.get(f"/companies/{second}/profile")

    assert page.status_code == 200
    assert "Second &amp; Co</bdi></h1>" in page.text
    assert "EUR" in page.text
    assert f"company={second}" not in page.text
    for address in re.findall(r'(?:href|hx-get)="(/[^"]*company=[^"]*)"', page.text):
        followed = browser.get(address.replace("&amp;", "&"), headers=HTMX)
        assert followed.status_code == 200, address
    assert browser.get("/").text.count(f"company={first}") > 0


def test_a_page_under_way_does_not_undo_a_switch(
    app: Flask, site: Installation, second: UUID
) -> None:
    browser = sign_in(app, EMAIL)
    slow_tab = same_cookies(app, browser)
    post(browser, "/companies/switch", company=str(second), next="/")

    answer = slow_tab.get("/")

    assert answer.status_code == 409
    assert "PLN" in slow_tab.get("/").text


def test_a_fault_in_identity_leaves_pages_and_the_way_out_open(
    app: Flask, site: Installation
) -> None:
    browser = sign_in(app, EMAIL)
    browser.get("/")
    token = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/").text)[0]
    site.client.broken.add("identity")

    assert browser.get("/").status_code == 200

    answer = browser.post("/logout", data={"csrf_token": token})
    assert answer.status_code == 303
    assert browser.get_cookie("principal") is None


def test_signing_in_again_leaves_no_earlier_session_alive(
    app: Flask, site: Installation
) -> None:
    browser = sign_in(app, EMAIL)
    earlier = same_cookies(app, browser)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/").text)[0]

    browser.post(
        "/login", data={"email": EMAIL, "password": PASSWORD, "csrf_token": token}
    )

    assert earlier.get("/").status_code == 303
    assert browser.get("/").status_code == 200


def _choices(html: str) -> set[str]:
    return set(re.findall(r"(?:Stay with|Switch to) <bdi>([^<]+)</bdi>", html))
