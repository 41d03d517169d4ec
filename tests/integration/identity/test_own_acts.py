"""Each method that a person calls for their own account leaves one act of theirs.

They open their own transactions, so dispatch doesn't record them: each does itself.
To add one, add how it is called to `CALLS`.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from services.identity.mailed_links import MailedLinks, make_link
from services.identity.models.mailed_links import LinkKind
from services.identity.people.users import find_user_by_email
from shared.contract import Effect, Method
from shared.contracts import identity
from shared.contracts.identity import passkeys
from shared.contracts.identity.accounts.signing_up import (
    ASK_TO_SIGN_UP,
    SIGN_UP,
    AskToSignUp,
    SignUp,
)
from shared.contracts.identity.email_changes import (
    CONFIRM_EMAIL,
    UNDO_EMAIL,
    ConfirmEmail,
    UndoEmail,
)
from shared.contracts.identity.members.invitations import (
    ACCEPT_INVITATION,
    JOIN_COMPANY,
)
from shared.contracts.identity.notices import USE_NOT_ME, FindNotMe, NoticeKind
from shared.contracts.identity.verification.documents import (
    FINISH_DOCUMENT,
    VIEW_DOCUMENT,
)
from shared.contracts.identity.verification.emails import (
    USE_EMAIL_LINK,
    VERIFY_EMAIL,
    EmailLink,
    VerifyEmail,
)
from shared.contracts.identity.verification.phones import (
    ASK_FOR_PHONE_CODE,
    CONFIRM_PHONE,
    REMOVE_PHONE,
    AskForPhoneCode,
    ConfirmPhone,
    RemovePhone,
)
from shared.principal import system
from shared.rpc.call import Call
from tests.fixtures.acts import LEFT_OUT
from tests.fixtures.identity.harness import ADDRESS, PASSWORD, IdentityHarness
from tests.fixtures.identity.invitations import inviting_company
from tests.fixtures.identity.passkeys import Person, login_options, set_up_passkey
from tests.fixtures.identity.passkeys import log_in as log_in_by_passkey
from tests.fixtures.identity.trail import acts_in
from tests.fixtures.identity.two_factor import Member

ALICE, NEW_PASSWORD = "alice@example.com", "tram under violet elms"
STEP = timedelta(seconds=30)
"""A code of the app works once."""


def log_in(harness: IdentityHarness) -> None:
    an_owner(harness).harness.log_in(ALICE)


def log_out(harness: IdentityHarness) -> None:
    session = an_owner(harness).harness.log_in(ALICE)
    request = identity.signing_in.LogOut(token=session.token)
    harness.call(identity.signing_in.LOG_OUT, request)


def switch_company(harness: IdentityHarness) -> None:
    session = an_owner(harness).harness.log_in(ALICE)
    request = identity.signing_in.SwitchCompany(
        token=session.token, company_id=session.company_id
    )
    harness.call(identity.signing_in.SWITCH_COMPANY, request)


def prove(harness: IdentityHarness) -> None:
    an_owner(harness)
    harness.prove(harness.log_in(ALICE).token)


def answer_second_step(harness: IdentityHarness) -> None:
    with_app(harness)[0].log_in()


def set_up_at_log_in(harness: IdentityHarness) -> None:
    alice = an_owner(harness)
    harness.require_factor()
    token = alice.give_password().token
    ask = identity.second_step.ProposeTotpAtLogin(token=token)
    proposal = harness.call(identity.second_step.PROPOSE_TOTP_AT_LOGIN, ask)
    alice.secret = proposal.secret
    request = identity.second_step.SetUpTotpAtLogin(
        token=token, proposal=proposal.proposal, code=alice.code(), address=ADDRESS
    )
    harness.call(identity.second_step.SET_UP_TOTP_AT_LOGIN, request)


def set_up_passkey_at_log_in(harness: IdentityHarness) -> None:
    alice = an_owner(harness)
    harness.require_factor()
    set_up_passkey(harness, alice.give_password().token)


def renew_codes(harness: IdentityHarness) -> None:
    _, principal = with_app(harness)
    request = identity.factors.RenewRecoveryCodes()
    harness.call(identity.factors.RENEW_RECOVERY_CODES, request, principal)


def remove_app(harness: IdentityHarness) -> None:
    alice, principal = with_app(harness)
    request = identity.factors.RemoveTotp(code=alice.code())
    harness.call(identity.factors.REMOVE_TOTP, request, principal)


def change_password(harness: IdentityHarness) -> None:
    principal = an_owner(harness).harness.log_in(ALICE).principal
    request = identity.passwords.ChangePassword(current=PASSWORD, new=NEW_PASSWORD)
    harness.call(identity.passwords.CHANGE_PASSWORD, request, principal)


def reset_password(harness: IdentityHarness) -> None:
    token = mailed(harness, LinkKind.RESET_PASSWORD, {})
    request = identity.passwords.ResetPassword(token=token, new=NEW_PASSWORD)
    harness.call(identity.passwords.RESET_PASSWORD, request)


def undo_email(harness: IdentityHarness) -> None:
    token = mailed(harness, LinkKind.UNDO_EMAIL, {"old_email": ALICE})
    harness.call(UNDO_EMAIL, UndoEmail(token=token))


def confirm_email(harness: IdentityHarness) -> None:
    emails = {"old_email": ALICE, "new_email": ALICE}
    token = mailed(harness, LinkKind.CONFIRM_EMAIL, emails)
    principal = harness.log_in(ALICE).principal
    harness.call(CONFIRM_EMAIL, ConfirmEmail(token=token), principal)


def verify_email(harness: IdentityHarness) -> None:
    links = MailedLinks(harness.principals.signing_key)
    token = mailed(harness, LinkKind.VERIFY_EMAIL, {"email": ALICE})
    with harness.database.system() as db:
        now = harness.clock.now()
        code = links.code(links.find(db, LinkKind.VERIFY_EMAIL, token, now))
    principal = harness.log_in(ALICE).principal
    harness.call(VERIFY_EMAIL, VerifyEmail(code=code), principal)


def use_email_link(harness: IdentityHarness) -> None:
    token = mailed(harness, LinkKind.VERIFY_EMAIL, {"email": ALICE})
    harness.call(USE_EMAIL_LINK, EmailLink(token=token))


def change_account(harness: IdentityHarness) -> None:
    principal = an_owner(harness).harness.log_in(ALICE).principal
    request = identity.people.ChangeAccount(
        name="Alice Example", locale="de", time_zone="UTC"
    )
    harness.call(identity.people.CHANGE_ACCOUNT, request, principal)


def confirm_phone(harness: IdentityHarness) -> None:
    principal = an_owner(harness).harness.log_in(ALICE).principal
    ask = AskForPhoneCode(number="+4915123456789", address=ADDRESS)
    harness.call(ASK_FOR_PHONE_CODE, ask, principal)
    harness.run_job("send_text_messages")
    request = ConfirmPhone(code=harness.texts.latest_code)
    harness.call(CONFIRM_PHONE, request, principal)


def remove_phone(harness: IdentityHarness) -> None:
    confirm_phone(harness)
    principal = harness.log_in(ALICE).principal
    harness.call(REMOVE_PHONE, RemovePhone(), principal)


def use_not_me(harness: IdentityHarness) -> None:
    about = {"kind": NoticeKind.NEW_DEVICE.value, "email": ALICE}
    token = mailed(harness, LinkKind.NOT_ME, about)
    harness.call(USE_NOT_ME, FindNotMe(token=token))


def add_passkey(harness: IdentityHarness) -> None:
    Person.of(harness, ALICE).add()


def remove_passkey(harness: IdentityHarness) -> None:
    alice = Person.of(harness, ALICE)
    request = passkeys.RemovePasskey(passkey_id=alice.add().id)
    alice.call(passkeys.REMOVE_PASSKEY, request)


def log_in_with_passkey(harness: IdentityHarness) -> None:
    alice = Person.of(harness, ALICE)
    alice.add()
    credential = alice.authenticator.get(login_options(harness))
    log_in_by_passkey(harness, credential)


def answer_with_passkey(harness: IdentityHarness) -> None:
    alice = Person.of(harness, ALICE)
    alice.add()
    token = Member(harness, ALICE).give_password().token
    begin = passkeys.BeginPasskeySecondStep(token=token)
    begun = harness.call(passkeys.BEGIN_PASSKEY_SECOND_STEP, begin)
    request = passkeys.AnswerSecondStepWithPasskey(
        token=token,
        credential=alice.authenticator.get(begun.options),
        address=ADDRESS,
    )
    harness.call(passkeys.ANSWER_SECOND_STEP_WITH_PASSKEY, request)


def an_owner(harness: IdentityHarness) -> Member:
    return Member.new(harness, ALICE)


def with_app(harness: IdentityHarness) -> tuple[Member, str]:
    """Somebody who has turned an app on, and the principal they did it as."""
    alice = an_owner(harness)
    session = harness.log_in(ALICE)
    alice.turn_on(session)
    harness.clock.move(STEP)
    return alice, session.principal


def accept_invitation(harness: IdentityHarness) -> None:
    an_owner(harness)
    aurora = inviting_company(harness)
    aurora.invite(ALICE)
    aurora.accept(aurora.link(ALICE), ALICE)


def join_company(harness: IdentityHarness) -> None:
    aurora = inviting_company(harness)
    aurora.invite(ALICE)
    aurora.join(aurora.link(ALICE), name="Alice Example")


def sign_up(harness: IdentityHarness) -> None:
    harness.offer_sign_up()
    harness.call(ASK_TO_SIGN_UP, AskToSignUp(email=ALICE, address=ADDRESS))
    harness.run_job("answer_sign_ups")
    request = SignUp(
        token=harness.mailed_token("sign-up", ALICE),
        name="Alice Example",
        password=NEW_PASSWORD,
        is_business=False,
        country="DE",
        terms_version=harness.sign_up.terms_version,
        address=ADDRESS,
    )
    harness.call(SIGN_UP, request)


def export_account(harness: IdentityHarness) -> None:
    principal = an_owner(harness).harness.log_in(ALICE).principal
    request = identity.leaving.ExportAccount()
    harness.call(identity.leaving.EXPORT_ACCOUNT, request, principal)


def mailed(harness: IdentityHarness, kind: LinkKind, parameters: dict[str, str]) -> str:
    """The token of a link that was mailed to her."""
    alice, now = an_owner(harness), harness.clock.now()
    with harness.database.system() as db:
        change = harness.service.change(db, Call(system("test"), "test", now))
        link = make_link(change, kind, alice.user_id, timedelta(hours=1), parameters)
    return MailedLinks(harness.principals.signing_key).token(kind, link.id)


CALLS: Mapping[Method[Any, Any], Callable[[IdentityHarness], object]] = {
    identity.signing_in.LOG_IN: log_in,
    identity.signing_in.LOG_OUT: log_out,
    identity.signing_in.SWITCH_COMPANY: switch_company,
    identity.sessions.PROVE: prove,
    identity.second_step.ANSWER_SECOND_STEP: answer_second_step,
    identity.second_step.SET_UP_TOTP_AT_LOGIN: set_up_at_log_in,
    identity.second_step.SET_UP_PASSKEY_AT_LOGIN: set_up_passkey_at_log_in,
    identity.factors.TURN_ON_TOTP: with_app,
    identity.factors.RENEW_RECOVERY_CODES: renew_codes,
    identity.factors.REMOVE_TOTP: remove_app,
    identity.passwords.CHANGE_PASSWORD: change_password,
    identity.passwords.RESET_PASSWORD: reset_password,
    passkeys.ADD_PASSKEY: add_passkey,
    passkeys.REMOVE_PASSKEY: remove_passkey,
    passkeys.LOG_IN_WITH_PASSKEY: log_in_with_passkey,
    passkeys.ANSWER_SECOND_STEP_WITH_PASSKEY: answer_with_passkey,
    CONFIRM_EMAIL: confirm_email,
    UNDO_EMAIL: undo_email,
    identity.people.CHANGE_ACCOUNT: change_account,
    CONFIRM_PHONE: confirm_phone,
    REMOVE_PHONE: remove_phone,
    VERIFY_EMAIL: verify_email,
    USE_EMAIL_LINK: use_email_link,
    ACCEPT_INVITATION: accept_invitation,
    JOIN_COMPANY: join_company,
    SIGN_UP: sign_up,
    identity.leaving.EXPORT_ACCOUNT: export_account,
    USE_NOT_ME: use_not_me,
}
BY_OPERATORS = {identity.signing_in.MINT_OPERATOR_TOKEN, identity.leaving.EXPORT_USER}
"""In tests/integration/isolation/test_activity.py and leaving/test_leaving.py."""
ELSEWHERE = {FINISH_DOCUMENT, VIEW_DOCUMENT}
"""In documents/test_documents.py."""
OF_NOBODY = {identity.leaving.ERASE_ACCOUNT}
"""Of whom nobody can be found afterwards: in leaving/test_leaving.py."""


@pytest.mark.parametrize("method", CALLS, ids=str)
def test_each_leaves_one_act_of_its_person(
    harness: IdentityHarness, method: Method[Any, Any]
) -> None:
    CALLS[method](harness)

    (act,) = acts_in(harness.database, method.name)
    with harness.database.system() as db:
        user = find_user_by_email(db, ALICE)
    assert user
    assert act.body.user_id == user.id
    assert act.body.actor_kind == "user"
    assert act.body.actor_name == "Alice Example"
    assert act.company_id.int == 0


def test_every_method_that_records_itself_is_called_here() -> None:
    by_themselves = {
        method
        for method in identity.CONTRACT.methods
        if method.effect is Effect.ONCE and str(method) not in LEFT_OUT
    }

    assert by_themselves - BY_OPERATORS - ELSEWHERE - OF_NOBODY == set(CALLS)
