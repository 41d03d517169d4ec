import pytest

from shared.rpc.dispatch import MAX_REQUEST_ID_LENGTH, Headers


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("5f3a-click", "5f3a-click"),
        ("a\0b\ud800c\nd", "abcd"),
        ("x" * 10_000, "x" * MAX_REQUEST_ID_LENGTH),
        (7, ""),
        (None, ""),
    ],
)
def test_a_request_id_is_short_and_can_be_kept(sent: object, read: str) -> None:
    assert Headers.read({"request_id": sent}).request_id == read


@pytest.mark.parametrize("deadline", ["soon", None, [], "nan", "inf", 10**400])
def test_a_deadline_that_is_none_counts_as_missing(deadline: object) -> None:
    assert Headers.read({"deadline": deadline}).deadline is None
