"""A member who was removed: what a stranger can't open, they can't open any more.

Their browser still has the principal of before, which is good for minutes yet.
"""

from uuid import UUID

from shared.contracts import identity
from shared.contracts.identity.members.roles import REMOVE_MEMBER, RemoveMember
from shared.contracts.identity.memberships import Role
from tests.fixtures.installations import csrf_token, same_cookies, sign_in
from tests.fixtures.isolation.world import ON_BEHALF, STRANGER, World
from tests.integration.isolation.test_pages import (
    LINES,
    contents_of,
    names_in,
    open_line,
)

EMAIL = "removed@example.com"
OURS = [
    line for line in LINES if line.expected()[STRANGER] == "404" and "{" in str(line)
]
"""What is only for our members."""


def join_both(world: World) -> UUID:
    """Make somebody an administrator of both companies."""
    user_id = world.new_user(EMAIL)
    for side in (world.ours, world.theirs):
        joining = identity.memberships.AddMember(
            company_id=side.company_id, user_id=user_id, role=Role.ADMIN
        )
        world.operate(identity.memberships.ADD_MEMBER, joining)
    world.site.services.deliver_events()
    return user_id


def test_who_was_removed_is_refused_like_a_stranger(world: World) -> None:
    app, wrong, user_id = world.site.app(), [], join_both(world)
    browser = sign_in(app, EMAIL)
    token = csrf_token(browser, "/account")
    named = [(line, names_in(world, STRANGER, line)) for line in OURS]
    opened = f"/companies/{world.ours.company_id}/members"
    assert same_cookies(app, browser).get(opened).status_code == 200

    world.call(ON_BEHALF, REMOVE_MEMBER, RemoveMember(user_id=user_id))
    world.site.services.deliver_events()

    before = contents_of(world)
    for line, names in named:
        answer = open_line(same_cookies(app, browser), token, line, names)
        if answer.status_code != 404:
            wrong.append(f"{line}: {answer.status_code}")
    assert wrong == []
    assert contents_of(world) == before
