"""The frame: what it offers to whom."""

from dataclasses import replace

import pytest
from flask import Flask, g, render_template
from msgspec import structs

from shared.permissions import Permission
from web.dev import samples


@pytest.mark.parametrize(
    ("permissions", "links"),
    [
        (frozenset(Permission), 4),
        (frozenset(Permission) - {Permission.READ_BILLING}, 2),
    ],
)
def test_the_bottom_bar_leads_only_where_the_role_may_go(
    pieces_app: Flask, permissions: frozenset[Permission], links: int
) -> None:
    frame = replace(samples.frame(), permissions=permissions)

    with pieces_app.test_request_context(base_url="http://localhost"):
        g.company_id = samples.COMPANY_ID
        bar = render_template("frame/bottom_bar.html", frame=frame)

    assert bar.count("<a ") == links
    assert 'popovertarget="sidebar"' in bar


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Mara Lindqvist", "ML"), ("Anna van der Berg", "AB"), ("cher", "C"), ("", "D")],
)
def test_initials_are_of_the_first_and_the_last_name(name: str, initials: str) -> None:
    frame = samples.frame()

    named = replace(frame, user=structs.replace(frame.user, name=name))

    assert named.initials == initials
