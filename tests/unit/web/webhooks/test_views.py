"""Notices that are too long to be any, or no text."""

from flask import Flask

from web.webhooks.views import MAX_BYTES


def test_a_notice_is_measured_in_bytes(pieces_app: Flask) -> None:
    browser = pieces_app.test_client()

    answer = browser.post("/webhooks/sandbox", data="é" * (MAX_BYTES // 2 + 1))

    assert answer.status_code == 413


def test_a_notice_that_is_not_text_is_malformed(pieces_app: Flask) -> None:
    browser = pieces_app.test_client()

    answer = browser.post("/webhooks/sandbox", data=b"\xff\xfe")

    assert (answer.status_code, answer.json) == (422, {"error": "malformed_message"})
