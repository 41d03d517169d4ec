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
from shared.contract import Effect, Method
from shared.contracts import identity
from shared.contracts.identity.email_changes import UNDO_EMAIL, UndoEmail
from shared.principal import system
from shared.rpc.call import Call
from tests.fixtures.acts import LEFT_OUT
from tests.fixtures.identity.authenticator import Authenticator
from tests.fixtures.identity.harness import (
    ADDRESS,
    PASSWORD,
    PUBLIC_URL,
    IdentityHarness,
)
from tests.fixtures.identity.passkeys import (
    Person,
    answer_step,
    login_options,
    step_options,
)
from tests.fixtures.identity.passkeys import log_in as log_in_by
from tests.fixtures.identity.trail import acts_in
from tests.fixtures.identity.two_factor import Member

ALICE, NEW_PASSWORD = "alice@example.com", "tram under violet elms"
STEP = timedelta(seconds=30)
"""A code of the app works once."""


def log_in(alice: Member) -> None:
    alice.harness.log_in(ALICE)


def log_out(alice: Member) -> None:
    session = alice.harness.log_in(ALICE)
    request = identity.signing_in.LogOut(token=session.token)
    alice.harness.call(identity.signing_in.LOG_OUT, request)


def switch_company(alice: Member) -> None:
    session = alice.harness.log_in(ALICE)
    request = identity.signing_in.SwitchCompany(
        token=session.token, company_id=session.company_id
    )
    alice.harness.call(identity.signing_in.SWITCH_COMPANY, request)


def answer_second_step(alice: Member) -> None:
    turn_on(alice)
    alice.log_in()


def set_up_at_log_in(alice: Member) -> None:
    harness = alice.harness
    harness.require_factor()
    token = alice.give_password().token
    ask = identity.second_step.ProposeTotpAtLogin(token=token)
    proposal = harness.call(identity.second_step.PROPOSE_TOTP_AT_LOGIN, ask)
    alice.secret = proposal.secret
    request = identity.second_step.SetUpTotpAtLogin(
        token=token, proposal=proposal.proposal, code=alice.code(), address=ADDRESS
    )
    harness.call(identity.second_step.SET_UP_TOTP_AT_LOGIN, request)


def turn_on(alice: Member) -> identity.signing_in.Session:
    session = alice.harness.log_in(ALICE)
    alice.turn_on(session)
    alice.harness.clock.move(STEP)
    return session


def renew_codes(alice: Member) -> None:
    session = turn_on(alice)
    request = identity.factors.RenewRecoveryCodes()
    method = identity.factors.RENEW_RECOVERY_CODES
    alice.harness.call(method, request, session.principal)


def remove_app(alice: Member) -> None:
    session = turn_on(alice)
    request = identity.factors.RemoveTotp(code=alice.code())
    alice.harness.call(identity.factors.REMOVE_TOTP, request, session.principal)


def change_password(alice: Member) -> None:
    session = alice.harness.log_in(ALICE)
    request = identity.passwords.ChangePassword(current=PASSWORD, new=NEW_PASSWORD)
    method = identity.passwords.CHANGE_PASSWORD
    alice.harness.call(method, request, session.principal)


def reset_password(alice: Member) -> None:
    token = mailed(alice, LinkKind.RESET_PASSWORD)
    request = identity.passwords.ResetPassword(token=token, new=NEW_PASSWORD)
    alice.harness.call(identity.passwords.RESET_PASSWORD, request)


def undo_email(alice: Member) -> None:
    token = mailed(alice, LinkKind.UNDO_EMAIL, old_email="old@example.com")
    alice.harness.call(UNDO_EMAIL, UndoEmail(token=token))


def log_in_with_passkey(alice: Member) -> None:
    harness, person = alice.harness, with_passkey(alice)
    log_in_by(harness, person.authenticator.get(login_options(harness)))


def answer_with_passkey(alice: Member) -> None:
    harness, person = alice.harness, with_passkey(alice)
    token = alice.give_password().token
    credential = person.authenticator.get(step_options(harness, token))
    answer_step(harness, token, credential)


def remove_passkey(alice: Member) -> None:
    person = with_passkey(alice)
    passkey_id = person.listed().passkeys[0].id
    request = identity.passkeys.RemovePasskey(passkey_id=passkey_id)
    person.call(identity.passkeys.REMOVE_PASSKEY, request)


def with_passkey(alice: Member) -> Person:
    session = alice.harness.log_in(ALICE)
    person = Person(alice.harness, session, Authenticator(PUBLIC_URL))
    person.add()
    return person


def mailed(alice: Member, kind: LinkKind, **parameters: str) -> str:
    """The token of a link that was mailed to her."""
    harness, now = alice.harness, alice.harness.clock.now()
    with harness.database.system() as db:
        change = harness.service.change(db, Call(system("test"), "test", now))
        link = make_link(change, kind, alice.user_id, timedelta(hours=1), parameters)
    return MailedLinks(harness.principals.signing_key).token(kind, link.id)


CALLS: Mapping[Method[Any, Any], Callable[[Member], object]] = {
    identity.signing_in.LOG_IN: log_in,
    identity.signing_in.LOG_OUT: log_out,
    identity.signing_in.SWITCH_COMPANY: switch_company,
    identity.second_step.ANSWER_SECOND_STEP: answer_second_step,
    identity.second_step.SET_UP_TOTP_AT_LOGIN: set_up_at_log_in,
    identity.factors.TURN_ON_TOTP: turn_on,
    identity.factors.RENEW_RECOVERY_CODES: renew_codes,
    identity.factors.REMOVE_TOTP: remove_app,
    identity.passkeys.LOG_IN_WITH_PASSKEY: log_in_with_passkey,
    identity.passkeys.ANSWER_SECOND_STEP_WITH_PASSKEY: answer_with_passkey,
    identity.passkeys.ADD_PASSKEY: with_passkey,
    identity.passkeys.REMOVE_PASSKEY: remove_passkey,
    identity.passwords.CHANGE_PASSWORD: change_password,
    identity.passwords.RESET_PASSWORD: reset_password,
    UNDO_EMAIL: undo_email,
}
BY_OPERATORS = {identity.signing_in.MINT_OPERATOR_TOKEN}
"""In tests/integration/isolation/test_activity.py."""


@pytest.mark.parametrize("method", CALLS, ids=str)
def test_each_leaves_one_act_of_its_person(
    harness: IdentityHarness, method: Method[Any, Any]
) -> None:
    alice = Member.new(harness, ALICE)

    CALLS[method](alice)

    (act,) = acts_in(harness.database, method.name)
    assert act.body.user_id == alice.user_id
    assert act.body.actor_kind == "user"
    assert act.body.actor_name == "Alice Example"
    assert act.company_id.int == 0


def test_every_method_that_records_itself_is_called_here() -> None:
    by_themselves = {
        method
        for method in identity.CONTRACT.methods
        if method.effect is Effect.ONCE and str(method) not in LEFT_OUT
    }

    assert by_themselves - BY_OPERATORS == set(CALLS)
