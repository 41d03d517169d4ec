"""How blocks keep themselves fresh in a browser, with answers made up here."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask, Response, g, render_template
from playwright.sync_api import Browser, Page, expect

from shared.contracts.inventory import DashboardCounters
from web import component_samples as samples
from web.blocks import BlockView
from web.tags import answer_with_tag, browser_has

WAITING = BlockView("services", samples.COMPANY_ID, "waiting")
FRESH = replace(WAITING, state="fresh", data=samples.counters())
CHANGED = "document.body.dispatchEvent(new CustomEvent('services-changed'))"


class Answers:
    """A page with one block, and the block's own address."""

    def __init__(self) -> None:
        self.on_page = WAITING
        self.alone = FRESH
        self.statuses: list[int] = []

    def page(self) -> str:
        g.company_id = samples.COMPANY_ID
        return render_template(
            "dashboard/page.html",
            frame=samples.frame(),
            blocks={
                "services": self.on_page,
                "costs": BlockView("costs", samples.COMPANY_ID, "not_allowed"),
            },
        )

    def block(self, name: str) -> Response:
        g.company_id = samples.COMPANY_ID
        tag = self.alone.ptag
        if browser_has(tag):
            response = Response(status=304)
        else:
            html = render_template(f"blocks/{name}.html", view=self.alone, at="")
            response = answer_with_tag(html, tag)
        self.statuses.append(response.status_code)
        return response


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def page(
    answers: Answers,
    new_pieces_app: Callable[..., Flask],
    serve: Callable[[Flask], str],
    browser: Browser,
) -> Iterator[Page]:
    """A browser on the dashboard; its clock is the test's to move."""
    app = new_pieces_app()
    app.view_functions["dashboard.dashboard"] = answers.page
    app.view_functions["dashboard.block"] = answers.block
    page = browser.new_page(base_url=serve(app))
    page.clock.install()
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
    answers.on_page = FRESH
    page.goto("/")

    with page.expect_response("**/blocks/services*") as unchanged:
        page.clock.run_for(31_000)

    assert unchanged.value.status == 304


def test_a_block_recovers_by_itself_and_then_polls_slowly(
    page: Page, answers: Answers
) -> None:
    answers.alone = replace(WAITING, state="unavailable")
    page.goto("/")
    page.clock.run_for(1_000)
    expect(page.get_by_text("Services can't be read right now")).to_be_visible()

    answers.alone = FRESH
    page.clock.run_for(6_000)

    expect(page.locator("#block-services .counter")).to_have_count(4)
    asked = len(answers.statuses)
    page.clock.run_for(20_000)
    assert len(answers.statuses) == asked


def test_an_event_in_the_page_refreshes_a_block(page: Page, answers: Answers) -> None:
    answers.on_page = FRESH
    page.goto("/")
    answers.alone = replace(FRESH, data=DashboardCounters(families=[]))

    page.evaluate(CHANGED)

    expect(page.locator(".counter-value").first).to_have_text("0")


def test_what_has_the_focus_keeps_it_when_its_block_changes(
    page: Page, answers: Answers
) -> None:
    answers.on_page = FRESH
    page.goto("/")
    page.get_by_role("link", name="Suspended").first.focus()
    answers.alone = replace(FRESH, data=DashboardCounters(families=[]))

    page.evaluate(CHANGED)
    expect(page.locator(".counter-value").first).to_have_text("0")

    focused = page.evaluate("document.activeElement.textContent")
    assert "Suspended" in focused


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
