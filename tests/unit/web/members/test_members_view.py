"""The members' page: who is first, and who logs in with a password alone."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask

from shared.contracts.identity.members.contacts import LIST_CONTACTS, Contacts
from shared.contracts.identity.members.invitations import (
    LIST_INVITATIONS,
    Invitations,
)
from shared.contracts.identity.memberships import LIST_MEMBERS, Member, Members, Role
from tests.fixtures.fake_services import OURS, FakeServices
from tests.fixtures.web.top_ups import opened, words
from web.members.members_view import MembersView

READER = UUID(int=2)


def test_the_reader_is_first_and_the_others_follow_by_name(pieces_app: Flask) -> None:
    members = [_member(1, "zoe"), _member(2, "Yan Li"), _member(3, "Al")]

    view = _view(pieces_app, members)

    assert [it.member.name for it in view.members] == ["Yan Li", "Al", "zoe"]
    assert [it.is_reader for it in view.members] == [True, False, False]
    assert view.members[0].initials == "YL"


@pytest.mark.parametrize(
    ("alone", "named", "further"),
    [(0, 0, 0), (1, 1, 0), (3, 3, 0), (4, 2, 2), (40, 2, 38)],
)
def test_few_of_those_with_a_password_alone_are_named(
    pieces_app: Flask, alone: int, named: int, further: int
) -> None:
    members = [
        _member(n, f"P{n:02}", two_factor=n > alone) for n in range(1, alone + 3)
    ]

    view = _view(pieces_app, members)

    assert (len(view.with_password_alone), view.further) == (named, further)
    assert view.protected == 2
    assert view.all_protected is (alone == 0)


def test_the_page_warns_only_where_someone_is_not_protected(
    billing: FakeServices,
) -> None:
    page = _open(billing, _member(1, "Ada <b>", two_factor=False), _member(3, "Bob"))
    assert "1 of 2" in words(page.partition('class="notice notice-warning"')[2])
    assert "<bdi>Ada &lt;b&gt;</bdi>" in page
    assert 'class="notice notice-warning"' not in _open(billing, _member(3, "Bob"))


def _view(app: Flask, members: list[Member]) -> MembersView:
    with app.test_request_context("/"):
        return MembersView.of(Members(members=members), READER)


def _open(billing: FakeServices, *members: Member) -> str:
    answer = Members(members=list(members))
    billing.answers |= {
        str(LIST_MEMBERS): lambda _: answer,
        str(LIST_INVITATIONS): lambda _: Invitations(invitations=[], needs_phone=False),
        str(LIST_CONTACTS): lambda _: Contacts(contacts=[]),
    }
    main = opened(billing.browser(), f"/companies/{OURS}/members")
    return main.partition('class="main"')[2].partition('id="messages"')[2]


def _member(number: int, name: str, *, two_factor: bool = True) -> Member:
    return Member(
        user_id=UUID(int=number),
        name=name,
        email=f"{number}@example.com",
        role=Role.VIEWER,
        two_factor_enabled=two_factor,
        since=datetime(2026, 3, 1, tzinfo=UTC),
    )
