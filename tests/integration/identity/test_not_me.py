"""The link "This wasn't me" of security mails."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.identity import not_me
from services.identity.mailed_links import make_link
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.people import User
from services.identity.notices.notify import NOT_ME_LIFETIME, SECURITY_KINDS, Subject
from services.identity.people.users import find_user_by_email
from shared.contracts.identity.notices import (
    FIND_NOT_ME,
    USE_NOT_ME,
    FindNotMe,
    NoticeKind,
)
from shared.errors import NotFound, Unauthenticated
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.identity.harness import IdentityHarness

EMAIL = "alice@example.com"


@pytest.fixture
def token(harness: IdentityHarness) -> str:
    """The token of a mail about a new password."""
    harness.add_owner(EMAIL, "Aurora")
    harness.tell(EMAIL, Subject(NoticeKind.PASSWORD_CHANGED, "1"))
    return token_of_last_mail(harness)


def token_of_last_mail(harness: IdentityHarness) -> str:
    harness.send_mails()
    (_, mail), *_ = harness.kept_mails.mails()
    text = mail.get_body(("plain",))
    assert text
    found = re.search(r"/not-me/(\w+)", text.get_content())
    assert found
    return found[1]


def find(harness: IdentityHarness, token: str) -> NoticeKind:
    return harness.call(FIND_NOT_ME, FindNotMe(token=token)).kind


def use(harness: IdentityHarness, token: str) -> str:
    return harness.call(USE_NOT_ME, FindNotMe(token=token)).email


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_security_mail_has_it_and_no_other(
    harness: IdentityHarness, kind: NoticeKind
) -> None:
    harness.add_owner(EMAIL, "Aurora")
    harness.tell(EMAIL, Subject(kind, "1"))
    harness.send_mails()

    ((_, mail),) = harness.kept_mails.mails()
    text = mail.get_body(("plain",))
    assert text
    assert ("/not-me/" in text.get_content()) is (kind in SECURITY_KINDS)


def test_looking_at_it_changes_nothing(harness: IdentityHarness, token: str) -> None:
    session = harness.log_in(EMAIL)
    for _ in range(2):
        assert find(harness, token) is NoticeKind.PASSWORD_CHANGED

    assert harness.resume(session.token).user.email == EMAIL


def test_it_ends_all_sessions_and_blocks_logging_in(
    harness: IdentityHarness, token: str
) -> None:
    sessions = [harness.log_in(EMAIL) for _ in range(2)]

    assert use(harness, token) == EMAIL

    for session in sessions:
        with pytest.raises(Unauthenticated, match="session_ended"):
            harness.resume(session.token)
    with pytest.raises(Unauthenticated, match="login_blocked"):
        harness.log_in(EMAIL)
    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        harness.log_in(EMAIL, "another-Password-1")


def test_what_the_other_one_has_asked_for_is_worth_nothing(
    harness: IdentityHarness, token: str
) -> None:
    with harness.database.system() as db:
        user = find_user_by_email(db, EMAIL)
        assert user is not None
        call = Call(system("test"), "test", harness.clock.now())
        change = Change(db, harness.service.runtime, call)
        for kind in set(LinkKind) - {LinkKind.NOT_ME}:
            make_link(change, kind, user.id, timedelta(days=1))

    use(harness, token)

    with harness.database.system() as db:
        left = db.scalars(select(MailedLink.kind)).all()
    assert set(left) == {LinkKind.NOT_ME, LinkKind.UNDO_EMAIL}


def test_what_was_added_since_is_taken_back(
    harness: IdentityHarness, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[str, str]] = []

    def take_back(_change: Change, user: User, link: MailedLink) -> None:
        taken.append((user.email, link.parameters["email"]))

    monkeypatch.setattr(not_me, "TAKE_BACK", (take_back,))

    use(harness, token)

    assert taken == [(EMAIL, EMAIL)]


def test_it_works_once_and_for_thirty_days(
    harness: IdentityHarness, token: str
) -> None:
    use(harness, token)
    for method in (find, use):
        with pytest.raises(NotFound, match="link_used"):
            method(harness, token)
    harness.tell(EMAIL, Subject(NoticeKind.PASSWORD_CHANGED, "2"))
    second = token_of_last_mail(harness)

    harness.clock.move(NOT_ME_LIFETIME)
    with pytest.raises(NotFound, match="link_expired"):
        use(harness, second)
    with pytest.raises(NotFound, match="link_unknown"):
        use(harness, second[:-1] + ("0" if second[-1] != "0" else "1"))
