"""Notices that are too long to be any."""

from flask import Flask

from web.webhooks.views import MAX_BYTES


def test_a_notice_is_measured_in_bytes(pieces_app: Flask) -> None:
    browser = pieces_app.test_client()

    answer = browser.post("/webhooks/sandbox", data="é" * (MAX_BYTES // 2 + 1))

    assert answer.status_code == 413
