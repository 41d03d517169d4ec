"""Every page with a service down, slow or faulty, when nothing is known of it yet.

With `test_pages_last_known` these are the tables of docs/qa/degrading.md. A page that
is missing from `pages.ABOUT` fails `test_no_page_is_left_out`.
"""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from shared.contracts import identity
from tests.fixtures.web.customer_site import (
    CustomerSite,
    Trouble,
    block_states,
    broken,
    complaints,
    down,
    slow,
    text_of,
    token_of,
)
from tests.fixtures.web.pages import (
    ABOUT,
    ALL_PAGES,
    BLOCKS,
    CUT_OFF,
    FRAME,
    NO_PAGES,
    OPEN_TO_ALL,
    SIGN_IN_AWAY,
)


def test_no_page_is_left_out(customer_site: CustomerSite) -> None:
    rules = customer_site.browser.application.url_map.iter_rules()
    pages = {rule.rule for rule in rules if "GET" in (rule.methods or ())}

    assert pages - OPEN_TO_ALL - NO_PAGES == set(ABOUT)


@ALL_PAGES
def test_with_everything_up_no_page_says_that_anything_is_missing(
    customer_site: CustomerSite, page: str
) -> None:
    answer = customer_site.open_whole(page)

    assert answer.status_code == 200
    assert "right now" not in text_of(answer)
    assert "as of" not in text_of(answer).lower()


@ALL_PAGES
def test_a_page_keeps_its_frame_and_says_what_is_missing(
    settled_customer_site: CustomerSite, page: str
) -> None:
    wrong = complaints(settled_customer_site, page, _without_a_service)

    assert not wrong, "\n".join(wrong)


def _without_a_service(
    customer_site: CustomerSite, page: str, service: str, trouble: Trouble
) -> Iterator[str]:
    trouble(customer_site, service)

    answer = customer_site.open(page)

    text = text_of(answer)
    yield from _frame_missing(text)
    if (count := text.count("<h1")) != 1:
        yield f"{count} headings"
    # What concerns the whole page, and nothing else, is said for the whole page.
    if (told := SIGN_IN_AWAY in text) is not (service == "identity"):
        yield f"the notice about sign-in is {'shown' if told else 'missing'}"
    if CUT_OFF in text:
        yield "it says that nothing can be reached"
    if ABOUT[page] == service:
        yield from _not_said_to_be_missing(answer, 503 if trouble is down else 500)
    else:
        yield from _not_whole(answer)
    for name, state in block_states(answer, BLOCKS[service]).items():
        if state != "waiting":
            yield f"block {name} is {state}, should be waiting"


def _not_said_to_be_missing(answer: TestResponse, status: int) -> Iterator[str]:
    yield from _wrong_status(answer, status)
    request_id = answer.headers["X-Request-ID"]
    for part in (">Try again</a>", request_id):
        if part not in text_of(answer):
            yield f"{part!r} is missing"


def _not_whole(answer: TestResponse) -> Iterator[str]:
    yield from _wrong_status(answer, 200)
    if "missing-title" in text_of(answer):
        yield "it says that the whole page can't be read"


def _wrong_status(answer: TestResponse, expected: int) -> Iterator[str]:
    if answer.status_code != expected:
        yield f"status {answer.status_code}, should be {expected}"


def _frame_missing(text: str) -> Iterator[str]:
    for part in FRAME:
        if part not in text:
            yield f"{part!r} of the frame is missing"


@pytest.mark.parametrize("page", ["/", "/services", "/account"])
def test_a_slow_service_is_waited_for_no_longer_than_its_deadline(
    settled_customer_site: CustomerSite, page: str
) -> None:
    wrong = complaints(settled_customer_site, page, _with_a_slow_service, (slow,))

    assert not wrong, "\n".join(wrong)


def _with_a_slow_service(
    customer_site: CustomerSite, page: str, service: str, trouble: Trouble
) -> Iterator[str]:
    trouble(customer_site, service)

    answer = customer_site.open(page)

    yield from _wrong_status(answer, 503 if ABOUT[page] == service else 200)
    yield from _frame_missing(text_of(answer))


def test_what_is_not_there_is_said_within_the_frame(
    customer_site: CustomerSite,
) -> None:
    answer = customer_site.browser.get(f"/services/{customer_site.company_id}")

    assert answer.status_code == 404
    assert all(part in text_of(answer) for part in FRAME)


def test_an_expired_principal_without_identity_says_what_to_do(
    customer_site: CustomerSite,
) -> None:
    customer_site.browser.delete_cookie("principal")
    down(customer_site, "identity")

    answer = customer_site.open("/")

    assert answer.status_code == 503
    assert "check your session right now" in text_of(answer)
    assert ">Try again</a>" in text_of(answer)
    assert 'id="block-balance"' not in text_of(answer)


def test_without_identity_logging_in_says_so_before_anything_is_entered(
    customer_site: CustomerSite,
) -> None:
    stranger = customer_site.browser.application.test_client()
    down(customer_site, "identity")

    answer = stranger.get("/login")

    assert answer.status_code == 503
    assert "Nobody can log in right now." in text_of(answer)
    assert "<fieldset disabled>" in text_of(answer)
    customer_site.mend()
    assert "<fieldset disabled>" not in text_of(stranger.get("/login"))


@pytest.mark.parametrize(("trouble", "status"), [(down, 503), (broken, 500)])
def test_a_login_that_fails_keeps_the_email_that_was_typed(
    customer_site: CustomerSite, trouble: Trouble, status: int
) -> None:
    stranger = customer_site.browser.application.test_client()
    token = text_of(stranger.get("/login")).split('name="csrf_token" value="')[1]
    trouble(customer_site, "identity")

    answer = stranger.post(
        "/login",
        data={
            "email": "ada@example.com",
            "password": "a-long-Password-1",
            "csrf_token": token.split('"')[0],
        },
    )

    assert answer.status_code == status
    assert 'value="ada@example.com"' in text_of(answer)
    assert "a-long-Password-1" not in text_of(answer)


def test_without_identity_switching_is_disabled_and_also_refused(
    customer_site: CustomerSite,
) -> None:
    second = _second_company(customer_site)
    customer_site.browser.get("/")
    token = token_of(customer_site.browser.get("/account"))
    down(customer_site, "identity")

    page = customer_site.browser.get("/")
    refused = customer_site.browser.post(
        "/companies/switch", data={"csrf_token": token, "company": str(second)}
    )

    start = text_of(page).index(f'value="{second}"')
    assert "disabled" in text_of(page)[start : text_of(page).index(">", start)]
    assert 'id="no-switch"' in text_of(page)
    assert refused.status_code == 503
    assert "you may not have switched company" in text_of(refused)


def test_without_identity_logging_out_still_forgets_the_device(
    customer_site: CustomerSite,
) -> None:
    token = token_of(customer_site.browser.get("/account"))
    down(customer_site, "identity")

    answer = customer_site.browser.post("/logout", data={"csrf_token": token})

    assert answer.status_code == 303
    assert customer_site.browser.get("/").status_code == 303


def test_add_funds_says_what_it_could_not_read(customer_site: CustomerSite) -> None:
    down(customer_site, "billing")

    answer = customer_site.open("/funds/add")

    assert answer.status_code == 200
    assert "We can't load your transactions right now" in text_of(answer)


def _second_company(customer_site: CustomerSite) -> UUID:
    """Make the customer of the place a member of another company, once."""
    site = customer_site.site
    created = site.operator.call(
        identity.companies.CREATE_COMPANY,
        identity.companies.CreateCompany(
            name="Second",
            address=identity.companies.Address(country="DE"),
            owner_id=site.user_ids["ada@example.com"],
        ),
    )
    site.services.deliver_events()
    # Rights of just before a change are not used.
    site.clock.move(timedelta(seconds=5))
    return created.id
