"""Where acts lead: to pages that there are."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from flask import Flask

from shared.contracts.actors import UNNAMED
from shared.contracts.identity.activity import ActivityEntry
from web.activity.links import COMPANY_PAGES, OWN_PAGES, address_of

COMPANY = UUID(int=1)
THING = str(UUID(int=2))


@pytest.mark.parametrize(
    ("method", "recorded", "expected"),
    [
        ("inventory.change_plan", {"service_id": THING}, f"/services/{THING}"),
        ("inventory.create_service", {"id": THING}, f"/services/{THING}"),
        ("billing.begin_top_up", {"id": THING}, f"/funds/top-ups/{THING}"),
        ("billing.cancel_top_up", {"top_up_id": THING}, f"/funds/top-ups/{THING}"),
        ("billing.charge_due", {}, None),
        ("billing.set_top_up_limits", {}, f"/account/verification?company={COMPANY}"),
        ("billing.a_later_version", {"id": THING}, None),
        *((method, {}, f"/companies/{COMPANY}/") for method in COMPANY_PAGES),
    ],
)
def test_an_act_for_a_company_leads_to_what_it_was_about(
    pieces_app: Flask, method: str, recorded: dict[str, str], expected: str | None
) -> None:
    with pieces_app.test_request_context():
        address = address_of(_act(method, recorded, COMPANY))

    assert address == expected or (address or "").startswith(expected or "?")


@pytest.mark.parametrize("method", [*OWN_PAGES, "identity.log_out"])
def test_an_act_of_ones_own_leads_to_its_page_of_the_account(
    pieces_app: Flask, method: str
) -> None:
    with pieces_app.test_request_context():
        address = address_of(_act(method, {}, None))

    assert (address or "").startswith("/account") is (method in OWN_PAGES)


def _act(method: str, recorded: dict[str, str], company: UUID | None) -> ActivityEntry:
    return ActivityEntry(
        id=uuid4(),
        at=datetime(2026, 3, 2, tzinfo=UTC),
        company_id=company,
        user_id=None,
        actor=UNNAMED,
        method=method,
        recorded=recorded,
        network="",
        browser="",
        system="",
        request_id="r",
    )
