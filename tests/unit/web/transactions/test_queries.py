"""The list of transactions as its address says it."""

from datetime import date

import pytest

from shared.errors import InvalidInput
from web.transactions.queries import TransactionQuery

EARLIER, LATER = date(2026, 11, 20), date(2026, 11, 22)


def test_days_in_the_wrong_order_mean_the_days_between_them() -> None:
    query = TransactionQuery.read({"from": str(LATER), "to": str(EARLIER)})

    assert (query.first_day, query.last_day) == (EARLIER, LATER)


@pytest.mark.parametrize("text", ["tomorrow", "2026-02-30", "\0", "9" * 1_000])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        TransactionQuery.read({"from": text})

    assert refusal.value.code == "bad_day"
