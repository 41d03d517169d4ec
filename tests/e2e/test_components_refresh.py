"""How blocks keep themselves fresh in a browser, with answers made up here."""

from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from flask import Response, g, render_template
from playwright.sync_api import Browser, Page, expect

from shared.contracts.inventory.reading import DashboardCounters
from tests.fixtures.pieces import new_pieces_app, served
from web.dashboard.counters import Counters
from web.dev import samples
from web.page.blocks import BlockView
from web.page.freshness.polling import Tag, answer_with_tag

WAITING = BlockView("services", samples.COMPANY_ID, "waiting")
FRESH = replace(WAITING, state="fresh", data=Counters(samples.counters()))
RECOMMENDED = BlockView("recommended", samples.COMPANY_ID, "fresh", [samples.outlook()])
COSTS = BlockView("costs", samples.COMPANY_ID, "fresh", [samples.costs()])
SECURITY = BlockView("security", samples.COMPANY_ID, "not_allowed")
CHANGED = "document.body.dispatchEvent(new CustomEvent('services-changed'))"


class Answers:
    """A page with one block, and the block's own address."""

    def __init__(self) -> None:
        self.on_page = WAITING
        self.costs = BlockView("costs", samples.COMPANY_ID, "not_allowed")
        self.alone = FRESH
        self.refusal = 0
        self.statuses: list[int] = []
        self.asked: list[str] = []

    def page(self) -> str:
        g.company_id = samples.COMPANY_ID
        return render_template(
            "dashboard/page.html",
            frame=samples.frame(),
            blocks={
                "recommended": RECOMMENDED,
                "services": self.on_page,
                "costs": self.costs,
                "security": SECURITY,
            },
            per=samples.PER,
            positions=samples.POSITIONS,
        )

    def block(self, name: str) -> Response:
        g.company_id = samples.COMPANY_ID
        self.asked.append(name)
        if self.refusal:
            return Response("<html><h1>Refused</h1></html>", status=self.refusal)
        if name != self.alone.name:
            response = Response(status=304)
        else:
            html = render_template(
                f"blocks/{name}.html",
                view=self.alone,
                at="",
                per=samples.PER,
                positions=samples.POSITIONS,
            )
            response = answer_with_tag(html, Tag(None, "reader"))
        self.statuses.append(response.status_code)
        return response


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def page(answers: Answers, browser: Browser) -> Iterator[Page]:
    """A browser on the dashboard; its clock is the test's to move."""
    app = new_pieces_app()
    app.view_functions["dashboard.dashboard"] = answers.page
    app.view_functions["dashboard.block"] = answers.block
    with served(app) as url:
        page = browser.new_page(base_url=url)
        page.clock.install(time=0)
        yield page
        page.close()


def test_a_block_that_came_too_late_loads_itself(page: Page) -> None:
    page.goto("/")
    page.clock.run_for(1_000)

    expect(page.locator("#block-services .counter")).to_have_count(4)
    expect(page.locator("#block-services")).to_have_attribute("data-state", "fresh")


def test_a_block_that_is_unchanged_is_answered_with_304(
    page: Page, answers: Answers
) -> None:
    answers.on_page = replace(FRESH, data=Counters(DashboardCounters(families=[])))
    page.goto("/")
    with page.expect_response("**/blocks/services*") as first:
        page.clock.run_for(11_000)
    assert first.value.status == 200
    # It comes with the tag that the next poll sends.
    expect(page.locator(".counter-value").first).not_to_have_text("0")

    with page.expect_response("**/blocks/services*") as unchanged:
        page.clock.run_for(11_000)

    assert unchanged.value.status == 304


def test_a_block_recovers_automatically_and_then_polls_slowly(
    page: Page, answers: Answers
) -> None:
    answers.alone = replace(WAITING, state="unavailable")
    # On a busy machine the time that passes by itself would count as well.
    page.clock.pause_at(60)
    page.goto("/")
    page.clock.run_for(1_000)
    expect(page.get_by_text("Services can't be loaded right now")).to_be_visible()

    answers.alone = FRESH
    # Time for one poll: a second one would be on its way when it is counted.
    page.clock.run_for(3_000)

    expect(page.locator("#block-services .counter")).to_have_count(4)
    asked = answers.asked.count("services")
    page.clock.run_for(8_000)
    # What has been asked by then comes to the server before this does.
    page.evaluate("fetch('/theme.css')")
    assert answers.asked.count("services") == asked


def test_an_event_in_the_page_asks_without_a_tag(page: Page, answers: Answers) -> None:
    """The server may not have heard yet of what the page itself has just changed."""
    answers.on_page = replace(FRESH, tag="1.reader.words")
    page.goto("/")
    with page.expect_request("**/blocks/services*") as polled:
        page.clock.run_for(11_000)
    assert "hx-ptag" in polled.value.headers

    with page.expect_request("**/blocks/services*") as event:
        page.evaluate(CHANGED)

    assert "hx-ptag" not in event.value.headers


def test_an_event_in_the_page_refreshes_a_block(page: Page, answers: Answers) -> None:
    answers.on_page = FRESH
    page.goto("/")
    answers.alone = replace(FRESH, data=Counters(DashboardCounters(families=[])))

    page.evaluate(CHANGED)

    expect(page.locator(".counter-value").first).to_have_text("0")


def test_what_has_the_focus_keeps_it_when_its_block_changes(
    page: Page, answers: Answers
) -> None:
    answers.on_page = FRESH
    page.goto("/")
    page.locator("#block-services a", has_text="Suspended").focus()
    answers.alone = replace(FRESH, data=Counters(DashboardCounters(families=[])))

    page.evaluate(CHANGED)
    expect(page.locator(".counter-value").first).to_have_text("0")

    focused = page.evaluate("document.activeElement.textContent")
    assert "Suspended" in focused


def test_an_explanation_that_was_opened_stays_open(
    page: Page, answers: Answers
) -> None:
    answers.costs = COSTS
    page.goto("/")
    block = page.locator("#block-costs")
    block.get_by_text("How we got this").click()
    costs = samples.costs()
    cheaper = msgspec.structs.replace(costs.breakdown, monthly=samples.euros("1"))
    answers.alone = replace(COSTS, data=[replace(costs, breakdown=cheaper)])

    page.evaluate(CHANGED)

    expect(block.locator(".cost-total .money")).to_contain_text("1.00")
    expect(block.locator(".explain-rule")).to_be_visible()


def test_a_page_that_can_reach_nothing_says_so_until_it_can(
    page: Page, answers: Answers
) -> None:
    answers.on_page = FRESH
    page.goto("/")
    page.route("**/blocks/**", lambda route: route.abort())
    page.evaluate(CHANGED)
    expect(page.get_by_text("The connection is interrupted")).to_be_visible()
    expect(page.locator("#block-services .counter")).to_have_count(4)

    page.unroute("**/blocks/**")
    page.evaluate(CHANGED)

    expect(page.get_by_text("The connection is interrupted")).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "told"),
    [(500, "The connection is interrupted"), (409, "You have switched to another")],
)
def test_a_refused_block_keeps_its_figures_and_the_page_says_why(
    page: Page, answers: Answers, status: int, told: str
) -> None:
    answers.on_page = FRESH
    page.goto("/")
    answers.refusal = status

    page.evaluate(CHANGED)

    expect(page.get_by_text(told)).to_be_visible()
    expect(page.locator("#block-services .counter")).to_have_count(4)
    expect(page.get_by_text("Refused")).to_have_count(0)


def test_a_hidden_tab_asks_for_nothing_and_catches_up_when_shown(
    page: Page, answers: Answers
) -> None:
    answers.on_page = FRESH
    page.goto("/")
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true})"
    page.evaluate(hide % "true")
    page.clock.run_for(120_000)
    assert answers.statuses == []

    page.evaluate(hide % "false")
    with page.expect_response("**/blocks/services*"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
