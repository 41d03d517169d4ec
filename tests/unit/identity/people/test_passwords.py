import random

import pytest
from argon2 import PasswordHasher, extract_parameters

from services.identity.people.passwords import (
    ARGON2,
    PasswordHashing,
)
from tests.fixtures.hashing import QUICK_HASHER


@pytest.fixture
def hashing() -> PasswordHashing:
    return PasswordHashing(QUICK_HASHER, random.Random(1))


def test_todays_parameters_are_no_weaker_than_owasp_asks() -> None:
    assert ARGON2.memory_cost >= 19 * 1024
    assert ARGON2.time_cost >= 2
    assert ARGON2.parallelism == 1


def test_a_kept_password_matches_itself_only(hashing: PasswordHashing) -> None:
    kept = hashing.keep("correct horse")

    assert hashing.matches("correct horse", kept)
    assert not hashing.matches("Correct horse", kept)
    assert not hashing.matches("", kept)


def test_one_password_is_kept_in_two_ways(hashing: PasswordHashing) -> None:
    assert hashing.keep("correct horse") != hashing.keep("correct horse")


@pytest.mark.parametrize("password", ["", "correct horse", "\0", "x" * 10_000])
def test_no_password_matches_where_there_is_none(
    hashing: PasswordHashing, password: str
) -> None:
    assert not hashing.matches(password, None)


@pytest.mark.parametrize("hasher", [QUICK_HASHER, ARGON2])
def test_nobodys_hash_costs_what_a_kept_one_costs(hasher: PasswordHasher) -> None:
    hashing = PasswordHashing(hasher, random.Random(1))

    nobodys = extract_parameters(hashing._nobodys_hash)

    assert nobodys == extract_parameters(hashing.keep("correct horse"))


@pytest.mark.parametrize(
    "password", ["nul\0nul\0nul", "\ud800" * 10, "👩‍👩‍👧‍👦" * 3, "שלום שלום"]
)
def test_a_password_may_hold_anything(hashing: PasswordHashing, password: str) -> None:
    assert hashing.matches(password, hashing.keep(password))


def test_a_nul_does_not_end_a_password(hashing: PasswordHashing) -> None:
    assert not hashing.matches("correct\0donkey", hashing.keep("correct\0horse"))


def test_a_hash_of_other_parameters_is_outdated(hashing: PasswordHashing) -> None:
    kept = hashing.keep("correct horse")

    assert not hashing.is_outdated(kept)
    assert PasswordHashing(ARGON2, random.Random(1)).is_outdated(kept)
