"""Lists whose filters can't be used: the page says so beside the field."""

import re

import pytest

from shared.contracts.billing.documents import LIST_DOCUMENTS
from shared.contracts.billing.transactions import LIST_TRANSACTIONS
from shared.contracts.inventory.reading import LIST_SERVICES
from shared.errors import InvalidInput
from tests.fixtures.fake_services import OURS, FakeServices
from tests.fixtures.web.top_ups import refusing

COMPANY = f"/companies/{OURS}"


@pytest.mark.parametrize("place", ["transactions", "invoices"])
def test_a_bad_day_is_refused_beside_its_field_without_asking_billing(
    billing: FakeServices, place: str
) -> None:
    answer = billing.browser().get(f"{COMPANY}/{place}?to=tomorrow&from=2026-03-01")

    assert answer.status_code == 422
    assert marked(answer.text) == ["to"]
    assert '<details class="more-filters" open>' in answer.text
    assert str(LIST_TRANSACTIONS) not in asked(billing)
    assert str(LIST_DOCUMENTS) not in asked(billing)


@pytest.mark.parametrize("place", ["transactions.csv", "invoices.zip"])
def test_a_download_with_a_bad_day_is_refused(
    billing: FakeServices, place: str
) -> None:
    assert billing.browser().get(f"{COMPANY}/{place}?to=tomorrow").status_code == 422


@pytest.mark.parametrize(
    ("address", "method", "refusal", "field"),
    [
        ("/services?q=a", LIST_SERVICES, InvalidInput("search_too_long"), "q"),
        (
            f"{COMPANY}/transactions?q=a",
            LIST_TRANSACTIONS,
            InvalidInput("search_too_slow"),
            "q",
        ),
        (
            f"{COMPANY}/invoices?from=0001-01-01",
            LIST_DOCUMENTS,
            InvalidInput("bad_day", parameters={"value": "0001-01-01"}),
            "from",
        ),
    ],
)
def test_what_a_service_refuses_to_look_for_is_shown_beside_its_field(
    billing: FakeServices,
    address: str,
    method: object,
    refusal: InvalidInput,
    field: str,
) -> None:
    billing.answers[str(method)] = refusing(refusal)

    answer = billing.browser().get(address)

    assert answer.status_code == 422
    assert marked(answer.text) == [field]


def marked(page: str) -> list[str]:
    """Return the names of the fields that are marked as wrong."""
    fields = re.findall(r"<input[^>]*aria-invalid[^>]*>", page)
    return [name for field in fields for name in re.findall(r'name="([^"]+)"', field)]


def asked(billing: FakeServices) -> set[str]:
    return {method for method, _, _ in billing.calls}
