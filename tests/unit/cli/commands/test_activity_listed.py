"""What an operator reads of the trail."""

from datetime import UTC, date, datetime
from uuid import UUID

from click.testing import CliRunner

from cli.commands.activity import activity
from shared.contract import Request
from shared.contracts.actors import Actor, ActorKind
from shared.contracts.identity.activity import (
    ActivityEntry,
    ActivityPage,
    SearchActivity,
)

ENTRY = ActivityEntry(
    id=UUID(int=1),
    at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    company_id=None,
    user_id=UUID(int=2),
    actor=Actor(kind=ActorKind.PERSON, name="Ada Lovelace"),
    method="identity.log_in",
    recorded={"role": "owner"},
    network="203.0.113.x",
    browser="Firefox",
    system="Linux",
    request_id="r-1",
)


class _Context:
    """Always has another page."""

    def __init__(self) -> None:
        self.asked: list[SearchActivity] = []

    def call(self, _method: object, request: Request) -> ActivityPage:
        assert isinstance(request, SearchActivity)
        self.asked.append(request)
        return ActivityPage(entries=[ENTRY, ENTRY], previous=None, next="more")


def test_acts_are_listed_up_to_the_limit() -> None:
    context = _Context()
    words = ["list", "--email", "ada@example.com", "--from", "2026-03-01"]

    listed = CliRunner().invoke(activity, [*words, "--limit", "3"], obj=context)

    assert listed.exit_code == 0, listed.output
    line = (
        "2026-03-01 09:30:00  person:Ada Lovelace  identity.log_in  -  203.0.113.x"
        "  role=owner"
    )
    assert listed.stdout.splitlines() == [line] * 3
    assert [each.cursor for each in context.asked] == [None, "more"]
    assert context.asked[0].first_day == date(2026, 3, 1)
