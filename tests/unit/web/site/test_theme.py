"""The provider's accent and the visitor's choice of light or dark."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fixtures.pieces import new_pieces_app
from web.site.theme import DEFAULT_ACCENT, accent_sheet, contrast

READABLE = 4.5
LOCAL = "http://localhost"


@pytest.fixture
def client(pieces_app: Flask) -> FlaskClient:
    return pieces_app.test_client()


@pytest.mark.parametrize(
    "accent", ["#ffff00", "#000000", "#ffffff", "#3b55d9", "#ff6600", "#00c08b"]
)
def test_any_accent_can_be_read_on_light_and_on_dark(accent: str) -> None:
    sheet = accent_sheet(accent)
    on_light, on_dark = re.findall(r"light-dark\((#\w+), (#\w+)\)", sheet)[0]
    on_accent = re.findall(r"--on-accent: (#\w+)", sheet)[0]

    assert contrast(on_light, "#ffffff") >= READABLE
    assert contrast(on_dark, "#1c1f27") >= READABLE
    assert contrast(on_accent, accent) >= READABLE


@pytest.mark.parametrize("accent", ["", "red", "#12345", "#zzzzzz", "#fff} body {}"])
def test_an_accent_that_is_not_a_colour_is_ignored(accent: str) -> None:
    assert accent_sheet(accent) == accent_sheet(DEFAULT_ACCENT)


def test_the_accent_is_the_providers() -> None:
    client = new_pieces_app(PROVIDER_ACCENT="#0a7f5a").test_client()

    sheet = client.get("/theme.css", base_url=LOCAL)

    assert "--accent: #0a7f5a;" in sheet.text
    assert sheet.mimetype == "text/css"


def test_an_unchanged_accent_is_answered_with_304(client: FlaskClient) -> None:
    first = client.get("/theme.css", base_url=LOCAL)

    again = client.get(
        "/theme.css", base_url=LOCAL, headers={"If-None-Match": first.headers["ETag"]}
    )

    assert again.status_code == 304


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_chosen_theme_is_kept_and_drawn(client: FlaskClient, theme: str) -> None:
    answer = choose(client, theme=theme, next="/dev/components?x=1")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/dev/components?x=1"
    page = client.get("/dev/components", base_url=LOCAL).text
    assert f'data-bs-theme="{theme}"' in page


def test_an_unknown_theme_changes_nothing(client: FlaskClient) -> None:
    answer = choose(client, theme="<script>", next="/")

    assert answer.status_code == 303
    assert "theme=" not in answer.headers.get("Set-Cookie", "")


@pytest.mark.parametrize(
    "elsewhere",
    ["//e.com", "https://e.com", "/\\e.com", "\\/e.com", "/a\nb", "javascript:x", ""],
)
def test_choosing_a_theme_leads_nowhere_else(
    client: FlaskClient, elsewhere: str
) -> None:
    answer = choose(client, theme="dark", next=elsewhere)

    assert answer.headers["Location"] == "/"


def test_choosing_a_theme_takes_a_token(client: FlaskClient) -> None:
    answer = client.post("/theme", base_url=LOCAL, data={"theme": "dark"})

    assert answer.status_code == 303
    assert client.get_cookie("theme") is None


def choose(client: FlaskClient, **fields: str) -> TestResponse:
    page = client.get("/dev/components", base_url=LOCAL).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    data = {"csrf_token": found.group(1), **fields}
    return client.post("/theme", base_url=LOCAL, data=data)
