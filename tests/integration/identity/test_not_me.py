"""The link "This wasn't me" of security mails."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from launcher.machine.processes import wait_until
from services.identity import not_me
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.notices.notify import NOT_ME_LIFETIME, SECURITY_KINDS, Subject
from services.identity.people.users import find_user_by_email
from shared.contracts import identity
from shared.contracts.identity.email_changes import (
    CHANGE_EMAIL,
    CONFIRM_EMAIL,
    UNDO_EMAIL,
    ChangeEmail,
    ConfirmEmail,
    UndoEmail,
)
from shared.contracts.identity.notices import (
    FIND_NOT_ME,
    USE_NOT_ME,
    FindNotMe,
    NoticeKind,
)
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.verification.phones import (
    ASK_FOR_PHONE_CODE,
    CONFIRM_PHONE,
    AskForPhoneCode,
    ConfirmPhone,
)
from shared.errors import NotFound, Unauthenticated
from shared.principal import nobody
from shared.rpc.call import Call
from tests.fixtures.effects import waiting_for_locks
from tests.fixtures.identity.harness import ADDRESS, IdentityHarness
from tests.fixtures.identity.passkeys import Person, log_in, login_options
from tests.fixtures.identity.steps import state_of
from tests.fixtures.identity.two_factor import Member
from tests.fixtures.threads import PATIENCE_S

EMAIL, THEIRS = "alice@example.com", "mallory@example.com"
NEW_PASSWORD = "tram under violet elms"


@pytest.fixture
def alice(harness: IdentityHarness) -> Member:
    return Member.new(harness, EMAIL)


@pytest.fixture
def token(harness: IdentityHarness, alice: Member) -> str:
    """The token of a mail to Alice about another device."""
    harness.tell(EMAIL, Subject(NoticeKind.NEW_DEVICE, "1"))
    return harness.mailed_token("not-me", EMAIL)


def find(harness: IdentityHarness, token: str) -> NoticeKind:
    return harness.call(FIND_NOT_ME, FindNotMe(token=token)).kind


def use(harness: IdentityHarness, token: str) -> str:
    return harness.call(USE_NOT_ME, FindNotMe(token=token)).email


def change_email(harness: IdentityHarness, email: str) -> None:
    principal = harness.log_in(EMAIL).principal
    harness.call(CHANGE_EMAIL, ChangeEmail(email=email), principal)
    confirm = ConfirmEmail(token=harness.mailed_token("confirm-email", email))
    harness.call(CONFIRM_EMAIL, confirm, principal)


def reset_password(harness: IdentityHarness, email: str) -> None:
    ask = identity.passwords.AskForReset(email=email, address=ADDRESS)
    harness.call(identity.passwords.ASK_FOR_RESET, ask)
    harness.run_job("send_reset_links")
    reset = identity.passwords.ResetPassword(
        token=harness.mailed_token("reset-password", email), new=NEW_PASSWORD
    )
    harness.call(identity.passwords.RESET_PASSWORD, reset)


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_security_mail_has_it_and_no_other(
    harness: IdentityHarness, kind: NoticeKind
) -> None:
    harness.add_owner(EMAIL, "Aurora")
    harness.tell(EMAIL, Subject(kind, "1"))
    harness.run_job("send_mails")

    ((_, mail),) = harness.kept_mails.mails()
    text = mail.get_body(("plain",))
    assert text
    assert ("/not-me/" in text.get_content()) is (kind in SECURITY_KINDS)


def test_looking_at_it_changes_nothing(harness: IdentityHarness, token: str) -> None:
    session = harness.log_in(EMAIL)
    for _ in range(2):
        assert find(harness, token) is NoticeKind.NEW_DEVICE

    assert harness.resume(session.token).user.email == EMAIL


def test_it_ends_all_sessions_and_blocks_logging_in_until_a_reset(
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
    reset_password(harness, EMAIL)
    assert harness.log_in(EMAIL, NEW_PASSWORD)


def test_email_and_factor_of_since_are_taken_back(
    harness: IdentityHarness, alice: Member, token: str
) -> None:
    harness.clock_tick()
    alice.turn_on(harness.log_in(EMAIL))
    with harness.database.system() as db:
        user = find_user_by_email(db, EMAIL)
        assert user is not None
        user.email = THEIRS

    assert use(harness, token) == EMAIL

    reset_password(harness, EMAIL)
    session = harness.log_in(EMAIL, NEW_PASSWORD)
    assert not session.user.two_factor_enabled
    assert alice.factors(session).recovery_codes_left == 0


@pytest.mark.parametrize("is_since", [True, False])
def test_a_number_of_since_is_taken_back(
    harness: IdentityHarness, alice: Member, *, is_since: bool
) -> None:
    principal = harness.log_in(EMAIL).principal
    ask = AskForPhoneCode(number="+4915123456789", address=ADDRESS)
    harness.call(ASK_FOR_PHONE_CODE, ask, principal)
    harness.run_job("send_text_messages")
    harness.call(CONFIRM_PHONE, ConfirmPhone(code=harness.texts.latest_code), principal)
    if not is_since:
        harness.clock_tick()
        harness.tell(EMAIL, Subject(NoticeKind.NEW_DEVICE, "1"))

    use(harness, harness.mailed_token("not-me", EMAIL))

    with harness.database.system() as db:
        user = find_user_by_email(db, EMAIL)
        assert user is not None
        assert bool(user.phone) is not is_since
    step = state_of(harness, user.id, VerificationStep.PHONE)
    assert (step is VerificationState.VERIFIED) is not is_since


def test_a_passkey_of_since_is_taken_back_and_its_mail_says_so(
    harness: IdentityHarness,
) -> None:
    person = Person.of(harness, EMAIL)
    person.add()

    use(harness, harness.mailed_token("not-me", EMAIL))

    with harness.database.system() as db:
        user = find_user_by_email(db, EMAIL)
        assert user is not None
        assert not user.two_factor_enabled


def test_a_login_at_the_same_moment_is_blocked_as_well(
    harness: IdentityHarness,
) -> None:
    person = Person.of(harness, EMAIL)
    person.add()
    harness.clock_tick()
    harness.tell(EMAIL, Subject(NoticeKind.NEW_DEVICE, "2"))
    token = harness.mailed_token("not-me", EMAIL)
    credential = person.authenticator.get(login_options(harness))
    database_url = harness.database.engine.url.render_as_string(hide_password=False)

    with ThreadPoolExecutor(1) as thread:
        with harness.database.system() as db:
            call = Call(nobody(), "test", harness.clock.now())
            change = harness.service.change(db, call)
            not_me.use(change, harness.service._links, token)
            db.flush()
            login = thread.submit(log_in, harness, credential)
            assert wait_until(
                lambda: login.done() or waiting_for_locks(database_url) > 0, PATIENCE_S
            )
        with pytest.raises(Unauthenticated, match="login_blocked"):
            login.result()


def test_a_factor_of_before_stays(harness: IdentityHarness, alice: Member) -> None:
    alice.turn_on(harness.log_in(EMAIL))
    harness.clock_tick()
    harness.tell(EMAIL, Subject(NoticeKind.NEW_DEVICE, "1"))
    use(harness, harness.mailed_token("not-me", EMAIL))

    with harness.database.system() as db:
        user = find_user_by_email(db, EMAIL)
        assert user is not None
        assert user.two_factor_enabled


def test_the_mail_about_another_email_brings_the_old_one_back(
    harness: IdentityHarness, alice: Member
) -> None:
    change_email(harness, THEIRS)

    assert use(harness, harness.mailed_token("not-me", EMAIL)) == EMAIL

    with harness.database.system() as db:
        assert find_user_by_email(db, EMAIL)
        unused = select(MailedLink.kind).where(MailedLink.used_at.is_(None))
        assert set(db.scalars(unused)) <= {LinkKind.NOT_ME}


@pytest.mark.parametrize("path", ["undo-email", "not-me"])
def test_the_person_who_changed_the_email_keeps_no_link_to_it(
    harness: IdentityHarness, alice: Member, path: str
) -> None:
    change_email(harness, THEIRS)
    harness.clock_tick()
    harness.tell(THEIRS, Subject(NoticeKind.NEW_DEVICE, "2"))
    theirs = harness.mailed_token("not-me", THEIRS)

    token = harness.mailed_token(path, EMAIL)
    if path == "not-me":
        use(harness, token)
    else:
        harness.call(UNDO_EMAIL, UndoEmail(token=token))

    with pytest.raises(NotFound, match="link_used"):
        use(harness, theirs)


def test_an_email_that_is_anothers_by_now_is_left_to_them(
    harness: IdentityHarness, alice: Member
) -> None:
    change_email(harness, THEIRS)
    harness.add_owner(EMAIL, "Borealis")

    use(harness, harness.mailed_token("not-me", EMAIL))

    for email in (EMAIL, THEIRS):
        ask = identity.passwords.AskForReset(email=email, address=ADDRESS)
        harness.call(identity.passwords.ASK_FOR_RESET, ask)
    harness.run_job("send_reset_links")
    with harness.database.system() as db:
        resets = select(MailedLink.user_id).where(
            MailedLink.kind == LinkKind.RESET_PASSWORD
        )
        other = find_user_by_email(db, EMAIL)
        assert other is not None
        assert db.scalars(resets).all() == [other.id]
    state = state_of(harness, alice.user_id, VerificationStep.EMAIL)
    assert state is VerificationState.NOT_STARTED


def test_it_works_once_and_for_thirty_days(
    harness: IdentityHarness, token: str
) -> None:
    use(harness, token)
    for method in (find, use):
        with pytest.raises(NotFound, match="link_used"):
            method(harness, token)
    harness.clock.move(timedelta(minutes=1))
    harness.tell(EMAIL, Subject(NoticeKind.PASSWORD_CHANGED, "2"))
    second = harness.mailed_token("not-me", EMAIL)

    harness.clock.move(NOT_ME_LIFETIME)
    with pytest.raises(NotFound, match="link_expired"):
        use(harness, second)
    with pytest.raises(NotFound, match="link_unknown"):
        use(harness, second[:-1] + ("0" if second[-1] != "0" else "1"))
