"""Refusals between programs: as strings for nameko, and rebuilt from them."""

from uuid import UUID

import msgspec
import pytest

from shared.errors import NotFound, RemoteFault, rebuild


@pytest.mark.parametrize(
    ("exc_type", "exc_args"),
    [
        ("ValueError", ["boom"]),
        ("NotFound", ["only a code"]),
        ("NotFound", ["code", "detail", "{"]),
        ("NotFound", ["code", "detail", "[]"]),
        ("NotFound", []),
    ],
)
def test_an_error_outside_the_contract_is_a_fault(
    exc_type: str, exc_args: list[str]
) -> None:
    assert isinstance(rebuild(exc_type, exc_args), RemoteFault)


def test_a_refusal_holds_three_strings_for_nameko() -> None:
    refusal = NotFound("gone", "detail", {"id": UUID(int=1)})

    assert all(isinstance(part, str) for part in refusal.args)
    assert msgspec.json.decode(refusal.args[2]) == {"id": str(UUID(int=1))}
