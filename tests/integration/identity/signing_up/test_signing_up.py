"""Signing up: the same answer for everybody, a link by mail, and an account by it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.identity.mailed_links import NOT_BEFORE
from services.identity.models.notices import Notice
from services.identity.models.signing_up import AcceptedTerms
from services.identity.signing_up.requests import LINK_LIFETIME, PER_ADDRESS
from services.identity.signing_up.sign_ups import PER_LINK
from shared.contracts import identity
from shared.contracts.identity.accounts.signing_up import (
    ASK_TO_SIGN_UP,
    FIND_SIGN_UP,
    SIGN_UP,
    AskToSignUp,
    FindSignUp,
    SignedUp,
    SignUp,
)
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.errors import Conflict, ContractError, Forbidden, NotFound, Throttled
from tests.fixtures.identity.harness import ADDRESS, IdentityHarness

EVE = "eve@example.com"
NEW = "tram under violet elms"


@pytest.fixture(autouse=True)
def _offered(harness: IdentityHarness) -> None:
    harness.offer_sign_up()


def ask(harness: IdentityHarness, email: str = EVE, address: str = ADDRESS) -> None:
    harness.call(ASK_TO_SIGN_UP, AskToSignUp(email=email, address=address, locale="de"))


def mailed(harness: IdentityHarness, email: str = EVE) -> str:
    harness.run_job("answer_sign_ups")
    return harness.mailed_token("sign-up", email)


def sign_up(harness: IdentityHarness, token: str, **changed: object) -> SignedUp:
    given = {
        "name": "Eve Example",
        "password": NEW,
        "is_business": True,
        "company_name": "Nightshade Ltd",
        "country": "DE",
        "terms_version": "2026-11",
        **changed,
    }
    return harness.call(SIGN_UP, SignUp(token=token, address=ADDRESS, **given))  # type: ignore[arg-type]


@pytest.fixture
def token(harness: IdentityHarness) -> str:
    ask(harness)
    return mailed(harness)


def kinds_mailed(harness: IdentityHarness, email: str) -> list[NoticeKind]:
    with harness.database.system() as db:
        of_them = select(Notice.kind).where(Notice.address == email)
        return list(db.scalars(of_them.order_by(Notice.position)))


def test_the_link_opens_an_account_with_a_company_and_a_session(
    harness: IdentityHarness, token: str
) -> None:
    assert harness.call(FIND_SIGN_UP, FindSignUp(token=token)).email == EVE

    signed_up = sign_up(harness, token)

    session = signed_up.logged_in.session
    assert session
    assert session.company_id == signed_up.company_id
    (membership,) = session.memberships
    assert (membership.company_name, membership.role) == ("Nightshade Ltd", Role.OWNER)
    account = harness.call(
        identity.people.GET_ACCOUNT, identity.people.GetAccount(), session.principal
    )
    states = {each.step: each.state for each in account.verifications}
    assert states[VerificationStep.EMAIL] is VerificationState.VERIFIED
    with harness.database.system() as db:
        terms = db.scalars(select(AcceptedTerms)).one()
    assert (terms.user_id, terms.version) == (session.user.id, "2026-11")
    assert terms.accepted_at == harness.clock.now()
    assert kinds_mailed(harness, EVE) == [NoticeKind.SIGN_UP_LINK]
    harness.log_in(EVE, NEW)


def test_a_private_persons_company_has_their_name(
    harness: IdentityHarness, token: str
) -> None:
    session = sign_up(harness, token, is_business=False, company_name="").logged_in
    assert session.session
    assert session.session.memberships[0].company_name == "Eve Example"


def test_a_known_email_gets_the_same_answer_and_another_mail(
    harness: IdentityHarness,
) -> None:
    harness.add_owner("alice@example.com", "Aurora")

    for email in ("alice@example.com", EVE):
        ask(harness, email)
        ask(harness, email)
        harness.run_job("answer_sign_ups")

    assert kinds_mailed(harness, "alice@example.com") == [NoticeKind.ACCOUNT_EXISTS]
    assert kinds_mailed(harness, EVE) == [NoticeKind.SIGN_UP_LINK]
    harness.clock.move(NOT_BEFORE)
    ask(harness, EVE)
    harness.run_job("answer_sign_ups")
    assert kinds_mailed(harness, EVE) == [NoticeKind.SIGN_UP_LINK] * 2


def test_a_link_is_used_once_also_in_parallel(
    harness: IdentityHarness, token: str
) -> None:
    harness.clock.move(NOT_BEFORE)
    ask(harness)
    newer = mailed(harness)

    def use(_number: int) -> str:
        try:
            sign_up(harness, token)
        except ContractError as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(use, range(4)))

    assert answers == ["done", "link_used", "link_used", "link_used"]
    with pytest.raises(NotFound, match="link_used"):
        harness.call(FIND_SIGN_UP, FindSignUp(token=newer))


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"name": " "}, "bad_name", "name"),
        ({"company_name": ""}, "bad_name", "company_name"),
        ({"country": "XX"}, "bad_country", "country"),
        ({"password": "nightshade-eve-1"}, "password_of_context_words", None),
        ({"terms_version": "2025-01"}, "terms_changed_meanwhile", None),
    ],
)
def test_what_is_refused_uses_up_no_link(
    harness: IdentityHarness,
    token: str,
    changed: dict[str, str],
    code: str,
    field: str | None,
) -> None:
    with pytest.raises(ContractError, match=code) as refused:
        sign_up(harness, token, **changed)

    assert refused.value.parameters.get("field") == field
    sign_up(harness, token)


def test_an_email_that_was_taken_meanwhile_is_refused(
    harness: IdentityHarness, token: str
) -> None:
    harness.add_user(EVE)

    with pytest.raises(Conflict, match="email_taken"):
        sign_up(harness, token)


def test_asking_and_guessing_are_limited(harness: IdentityHarness, token: str) -> None:
    for number in range(PER_ADDRESS.most - 1):
        ask(harness, f"eve{number}@example.com")
    with pytest.raises(Throttled, match="too_many_sign_ups"):
        ask(harness, "one-more@example.com")

    for _ in range(PER_LINK.most):
        with pytest.raises(ContractError, match="password_too_short"):
            sign_up(harness, token, password="short")
    with pytest.raises(Throttled, match="too_many_passwords"):
        sign_up(harness, token)
    harness.clock.move(LINK_LIFETIME - timedelta(seconds=1))
    harness.call(FIND_SIGN_UP, FindSignUp(token=token))
    harness.clock.move(timedelta(seconds=1))
    with pytest.raises(NotFound, match="link_expired"):
        sign_up(harness, token)


def test_where_a_factor_is_required_it_is_set_up_first(
    harness: IdentityHarness, token: str
) -> None:
    harness.require_factor()

    logged_in = sign_up(harness, token).logged_in

    assert logged_in.session is None
    assert logged_in.pending


def test_switched_off_nobody_signs_up(harness: IdentityHarness, token: str) -> None:
    off = IdentityHarness.build(harness.database)

    for attempt in (
        lambda: ask(off),
        lambda: off.call(FIND_SIGN_UP, FindSignUp(token=token)),
        lambda: sign_up(off, token),
    ):
        with pytest.raises(Forbidden, match="sign_up_is_off"):
            attempt()
