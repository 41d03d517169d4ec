from contextlib import suppress

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from services.identity.people.passwords import MAX_LENGTH
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.errors import Forbidden, Unauthenticated
from shared.permissions import Permission
from shared.principal import Kind, Strength
from tests.fixtures.identity.harness import ADDRESS, PASSWORD, IdentityHarness


def test_the_right_password_opens_a_session_for_the_users_company(
    harness: IdentityHarness,
) -> None:
    user = harness.add_owner("alice@example.com", "Aurora")

    session = harness.log_in("alice@example.com")

    assert session.user == user
    assert [m.company_name for m in session.memberships] == ["Aurora"]
    assert session.company_id == session.memberships[0].company_id
    assert session.memberships[0].role is Role.OWNER


def test_the_principal_says_who_acts_for_whom_for_five_minutes(
    harness: IdentityHarness,
) -> None:
    user = harness.add_owner("alice@example.com", "Aurora")

    session = harness.log_in("alice@example.com")

    principal = harness.principal_of(session)
    assert principal.kind is Kind.USER
    assert principal.user_id == user.id
    assert principal.company_id == session.company_id
    assert principal.role == "owner"
    assert principal.strength is Strength.PASSWORD
    assert Permission.ADD_FUNDS in principal.permissions
    assert Permission.OPERATE not in principal.permissions
    assert principal.expires_at == session.principal_expires_at
    life_s = (principal.expires_at - harness.clock.now()).total_seconds()
    assert 299 <= life_s <= 300


@pytest.mark.parametrize(
    "email",
    ["ALICE@Example.COM", "  alice@example.com ", "A\u0301LICE@example.com"],
)
def test_an_email_is_the_same_however_it_is_typed(
    harness: IdentityHarness, email: str
) -> None:
    harness.add_owner("Alice@Example.com", "Aurora")
    harness.add_owner("\u00c1lice@example.com", "Borealis")

    harness.log_in(email)


def test_a_password_is_the_same_however_its_letters_are_composed(
    harness: IdentityHarness,
) -> None:
    request = identity.people.CreateUser(
        email="bob@example.com", name="Bob", password="caf\u00e9 under elms"
    )
    bob = harness.call(
        identity.people.CREATE_USER, request, harness.principals.operator()
    )
    harness.add_company("Aurora", bob)

    harness.log_in("bob@example.com", "cafe\u0301 under elms")


def test_a_wrong_password_and_an_unknown_email_get_one_answer(
    harness: IdentityHarness,
) -> None:
    harness.add_owner("alice@example.com", "Aurora")

    with pytest.raises(Unauthenticated) as wrong:
        harness.log_in("alice@example.com", "not-the-password")
    with pytest.raises(Unauthenticated) as unknown:
        harness.log_in("nobody@example.com", "not-the-password")

    assert wrong.value.args == unknown.value.args
    assert wrong.value.code == "wrong_credentials"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@example.com", PASSWORD),
        ("alice@example.com", "not-the-password"),
        ("nobody@example.com", "not-the-password"),
        ("no address at all", "not-the-password"),
        ("alice@example.com", "x" * (MAX_LENGTH + 1)),
    ],
)
def test_every_attempt_costs_exactly_one_hash(
    harness: IdentityHarness, email: str, password: str
) -> None:
    harness.add_owner("alice@example.com", "Aurora")
    harness.offload.count = 0

    with suppress(Unauthenticated):
        harness.log_in(email, password)

    assert harness.offload.count == 1


def test_no_transaction_is_open_while_a_password_is_hashed(
    harness: IdentityHarness,
) -> None:
    harness.add_owner("alice@example.com", "Aurora")
    checked_out: list[int] = []
    pool = harness.database.engine.pool
    harness.offload.before = lambda: checked_out.append(pool.checkedout())  # type: ignore[attr-defined]

    harness.log_in("alice@example.com")

    assert checked_out == [0]


def test_a_hash_of_old_parameters_is_renewed_at_the_next_sign_in(
    harness: IdentityHarness,
) -> None:
    harness.add_owner("alice@example.com", "Aurora")
    before = _kept_hash(harness)
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    harness.start(stronger)

    harness.log_in("alice@example.com")

    renewed = _kept_hash(harness)
    assert renewed != before
    assert not stronger.check_needs_rehash(renewed)
    harness.log_in("alice@example.com")
    assert _kept_hash(harness) == renewed


def test_a_wrong_password_renews_no_hash(harness: IdentityHarness) -> None:
    harness.add_owner("alice@example.com", "Aurora")
    before = _kept_hash(harness)
    harness.start(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))

    with pytest.raises(Unauthenticated):
        harness.log_in("alice@example.com", "not-the-password")

    assert _kept_hash(harness) == before


def test_a_password_changed_during_the_hashing_opens_nothing(
    harness: IdentityHarness,
) -> None:
    harness.add_owner("alice@example.com", "Aurora")

    def change_password() -> None:
        with harness.database.system() as db:
            db.execute(text("UPDATE users SET password_hash = password_hash || 'x'"))

    harness.offload.before = change_password

    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        harness.log_in("alice@example.com")


def test_a_user_without_a_company_is_told_so_after_the_password(
    harness: IdentityHarness,
) -> None:
    harness.add_user("alice@example.com")

    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        harness.log_in("alice@example.com", "not-the-password")
    with pytest.raises(Forbidden, match="no_company"):
        harness.log_in("alice@example.com")


def test_signing_in_begins_with_the_company_one_belongs_to_longest(
    harness: IdentityHarness,
) -> None:
    alice = harness.add_owner("alice@example.com", "Zephyr")
    bob = harness.add_owner("bob@example.com", "Aurora")
    harness.clock_tick()
    aurora = harness.log_in("bob@example.com").company_id
    harness.add_member(aurora, alice.id, Role.VIEWER)

    session = harness.log_in("alice@example.com")

    assert bob.id != alice.id
    assert [m.company_name for m in session.memberships] == ["Aurora", "Zephyr"]
    assert session.company_id == session.memberships[1].company_id


def test_neither_token_nor_password_nor_address_of_a_failure_is_kept(
    harness: IdentityHarness,
) -> None:
    harness.add_owner("alice@example.com", "Aurora")
    token = harness.log_in("alice@example.com").token
    with pytest.raises(Unauthenticated):
        harness.log_in("mallory@example.com", "secret-of-mallory")

    dump = _dump(harness)

    assert token not in dump
    assert PASSWORD not in dump
    assert "mallory" not in dump
    with harness.database.system() as db:
        failures = db.execute(text("SELECT * FROM login_failures")).all()
    assert ADDRESS not in str(failures)


def _kept_hash(harness: IdentityHarness) -> str:
    with harness.database.system() as db:
        kept: str = db.execute(text("SELECT password_hash FROM users")).scalar_one()
        return kept


def _dump(harness: IdentityHarness) -> str:
    with harness.database.system() as db:
        names = db.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        tables = [db.execute(text(f"SELECT t::text FROM {name} t")) for name in names]
        return str([rows.all() for rows in tables])
