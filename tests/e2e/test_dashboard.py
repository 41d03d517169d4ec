"""The dashboard: every figure, and where it leads."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext, SignIn, log_in
from tests.fixtures.web.pages import HTMX


def test_each_counter_opens_the_list_of_what_it_counted(sign_in: SignIn) -> None:
    page = sign_in()
    for name in ("Total Services", "Active", "Suspended", "Termination Request"):
        page.goto("/")
        counter = page.locator("#block-services .counter").filter(has_text=name)
        counted = int(counter.locator(".counter-value").inner_text())
        counter.click()

        expect(page.get_by_role("heading", level=1, name="Services")).to_be_visible()
        assert counted > 0
        assert _count_rows(page) == counted


def test_each_family_in_the_menu_opens_its_services(sign_in: SignIn) -> None:
    page = sign_in()
    families = page.locator("#block-menu a[href*='family=']")
    addresses = [link.get_attribute("href") or "" for link in families.all()]
    counts = [
        int(re.findall(r"\d+", link.locator(".menu-count").inner_text())[0])
        for link in families.all()
    ]

    assert len(addresses) >= 5
    for address, counted in zip(addresses, counts, strict=True):
        page.goto(address)
        assert _count_rows(page) == counted


def test_twelve_months_of_costs_are_a_year(sign_in: SignIn) -> None:
    page = sign_in()
    periods = page.locator("#block-costs .period")

    amounts = {
        period.locator("span").first.inner_text(): period.locator(".money").inner_text()
        for period in periods.all()
    }

    assert set(amounts) == {"Hourly", "Daily", "Weekly", "Monthly", "Yearly"}
    monthly, yearly = (_number(amounts[name]) for name in ("Monthly", "Yearly"))
    assert abs(12 * monthly - yearly) <= 0.06  # each is rounded to the cent


def test_a_chosen_period_shows_its_costs_by_family(sign_in: SignIn) -> None:
    page = sign_in()
    block = page.locator("#block-costs")

    block.get_by_role("link", name="Daily").click()

    expect(block.locator(".period[aria-current]")).to_contain_text("Daily")
    rows = block.locator(".shares tbody tr")
    total = sum(_number(row.locator(".money").inner_text()) for row in rows.all())
    shown = _number(block.locator(".cost-total .money").inner_text())
    assert abs(total - shown) <= 0.005 * rows.count() + 0.005
    with page.expect_response(re.compile("/blocks/costs.*per=day")):
        page.evaluate("document.body.dispatchEvent(new Event('services-changed'))")


def test_the_recommendation_opens_to_its_working_out(sign_in: SignIn) -> None:
    page = sign_in()
    card = page.locator("section.card").filter(has_text="Recommended Add Funds").first

    card.get_by_text("How we got this").click()

    for words in ("Due by", "Overdue", "Balance"):
        expect(card.get_by_text(words, exact=False).first).to_be_visible()
    card.locator(".explain a[href*='family=']").first.click()
    expect(page).to_have_url(re.compile("family=.*period="))


@pytest.mark.over_the_broker
@pytest.mark.parametrize(
    "name", ["balance", "menu", "recommended", "services", "costs", "security"]
)
def test_each_block_has_an_address_of_its_own(sign_in: SignIn, name: str) -> None:
    page = sign_in()

    answer = page.request.get(f"/blocks/{name}", headers=HTMX)

    assert answer.status == 200
    assert answer.text().count("<html") == 0
    tag = answer.headers["hx-ptag"]
    again = page.request.get(f"/blocks/{name}", headers={**HTMX, "HX-PTag": tag})
    assert again.status == 304


def test_a_block_refreshes_alone_after_an_event_in_the_page(sign_in: SignIn) -> None:
    page = sign_in()

    with page.expect_response(re.compile("/blocks/balance")) as answer:
        page.evaluate(
            "document.body.dispatchEvent("
            "new CustomEvent('balance-changed', {bubbles: true}))"
        )

    assert answer.value.status in {200, 304}
    expect(page.locator("#block-balance")).to_contain_text("EUR")


def test_all_of_it_works_without_javascript(new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()

    log_in(page, "demo@example.com")
    expect(page.locator("#block-services")).to_contain_text("Total Services")
    page.get_by_role("link", name=re.compile("Suspended")).first.click()
    expect(page.get_by_role("heading", level=1, name="Services")).to_be_visible()
    page.get_by_role("searchbox").fill("staging")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("staging-01")).to_be_visible()
    expect(page.get_by_text("db-01")).to_have_count(0)


def test_each_line_of_the_costs_opens_the_services_it_is_made_of(
    sign_in: SignIn,
) -> None:
    page = sign_in()
    card = page.locator("section.card").filter(has_text="Recurring Cost Breakdown")
    lines = [
        (row.locator("a").get_attribute("href") or "", row.inner_text())
        for row in card.locator(".explain-row:has(a)").all()
    ]

    assert len(lines) >= 5
    for address, words in lines:
        counted = re.search(r"(\d+) services?", words)
        if counted is None:
            continue
        page.goto(address)
        assert _count_rows(page) == int(counted[1]), words


def test_a_person_of_two_companies_switches_between_them(sign_in: SignIn) -> None:
    page = sign_in()
    expect(page.locator("#block-balance")).to_contain_text("EUR")

    page.get_by_role("button", name=re.compile("Aurora")).click()
    page.get_by_role("button", name=re.compile("Borealis")).click()

    expect(page.locator("#block-balance")).to_contain_text("PLN")


def test_two_tabs_with_two_companies_are_not_mixed_up(sign_in: SignIn) -> None:
    first = sign_in()
    link = first.locator("#sidebar a").filter(has_text="All Services")
    aurora = link.get_attribute("href") or ""
    second = first.context.new_page()
    second.goto("/")
    second.get_by_role("button", name=re.compile("Aurora")).click()
    second.get_by_role("button", name=re.compile("Borealis")).click()
    expect(second.locator("#block-balance")).to_contain_text("PLN")

    answer = first.goto(aurora)

    assert answer is not None
    assert answer.status == 409
    first.get_by_role("button", name=re.compile("Stay with.*Borealis")).click()
    expect(first.get_by_role("heading", level=1, name="Services")).to_be_visible()
    expect(first.locator("#block-balance")).to_contain_text("PLN")
    first.goto(aurora)
    first.get_by_role("button", name=re.compile("Switch to.*Aurora")).click()
    expect(first.get_by_role("heading", level=1, name="Services")).to_be_visible()
    expect(first.locator("#block-balance")).to_contain_text("EUR")


def _count_rows(page: Page) -> int:
    rows = page.locator("tbody tr")
    total = rows.count()
    while page.get_by_role("link", name="Next").count():
        page.get_by_role("link", name="Next").click()
        page.wait_for_url(re.compile("after="))
        total += rows.count()
    return total


def _number(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text.replace(",", "")))
