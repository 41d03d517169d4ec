"""What an operator reads of mails that were given up."""

from datetime import UTC, datetime
from uuid import UUID

from click.testing import CliRunner

from cli.commands.notices import notices
from shared.contract import Request
from shared.contracts.identity.notices import (
    FailedNotice,
    FailedNotices,
    ListFailedNotices,
    NoticeKind,
)

FAILED = FailedNotice(
    id=UUID(int=1),
    kind=NoticeKind.DOCUMENT_ISSUED,
    address="ada@example.com",
    created_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    given_up_at=datetime(2026, 3, 5, 9, 30, tzinfo=UTC),
    attempts=90,
    failure="550",
)


class _Context:
    """Answers with two pages, or with none."""

    def __init__(self, *found: FailedNotice) -> None:
        self._found = found

    def call(self, _method: object, request: Request) -> FailedNotices:
        assert isinstance(request, ListFailedNotices)
        following = None if request.cursor or not self._found else "more"
        return FailedNotices(notices=list(self._found), previous=None, next=following)


def test_every_page_is_listed_and_the_exit_code_says_that_there_are_any() -> None:
    listed = CliRunner().invoke(notices, ["failed"], obj=_Context(FAILED))

    assert listed.exit_code == 1
    assert listed.stdout.count("document_issued  ada@example.com  90  550") == 2
    assert "2" in listed.stderr
    assert CliRunner().invoke(notices, ["failed"], obj=_Context()).exit_code == 0
