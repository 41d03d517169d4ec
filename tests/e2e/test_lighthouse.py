"""Lighthouse on the pages of every day: quick, accessible, and nothing moves.

It comes from npm, into tests/lighthouse; what it measures is simulated, a phone on a
slow network, so other programs on this machine hardly count.
"""

import json
import os
import subprocess
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import Page

from launcher.machine.processes import leashed
from launcher.run.assets import find_node, install_packages
from launcher.servers.supervision import ROOT
from tests.e2e.conftest import SignIn, addresses

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

Measure = Callable[[str, str], dict[str, Any]]

RUNS = 3
"""How often each page is measured; the median counts."""
LEAST_PERFORMANCE = 95
PAGES = (
    *("login", "dashboard", "services", "service", "add-funds"),
    *("transactions", "invoices", "invoice", "profile"),
)

_FOLDER = ROOT / "tests/lighthouse"
_SCREEN = (
    "--screenEmulation.mobile",
    *("--screenEmulation.width=412", "--screenEmulation.height=4000"),
    "--screenEmulation.deviceScaleFactor=1.75",
)
"""A phone as high as a page: the bar at its bottom may lie over a part of a row, which
one scrolls out of there; axe takes what is left of the row's link for too small.
"""
_CATEGORIES = ("performance", "accessibility", "best-practices")


@pytest.fixture(scope="module")
def measure(chromium: str) -> Measure:
    """Has Lighthouse look at an address, with cookies; returns its report."""
    node = find_node()
    install_packages(node, _FOLDER)
    program = [str(node.node), str(_FOLDER / "node_modules/lighthouse/cli/index.js")]

    def run(address: str, cookie: str) -> dict[str, Any]:
        headers = json.dumps({"Cookie": cookie} if cookie else {})
        command = [
            *(*program, address, "--quiet", "--output=json"),
            f"--only-categories={','.join(_CATEGORIES)}",
            f"--extra-headers={headers}",
            *_SCREEN,
            "--chrome-flags=--headless --no-sandbox",
            "--no-enable-error-reporting",
        ]
        done = subprocess.run(
            leashed(command),
            env={**os.environ, "CHROME_PATH": chromium},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    return run


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quick_accessible_and_still(
    measure: Measure, sign_in: SignIn, site: str, name: str
) -> None:
    is_login = name == "login"
    page = sign_in()
    address = site + ("/login" if is_login else addresses(page)[name])
    cookie = "" if is_login else _cookie(page)

    reports = _complete(lambda: measure(address, cookie))

    scores = {
        category: median(_score(report, category) for report in reports)
        for category in _CATEGORIES
    }
    shift = max(_shift(report) for report in reports)
    assert scores["performance"] >= LEAST_PERFORMANCE, scores
    assert scores["accessibility"] == 100, _failed(reports[0], "accessibility")
    assert scores["best-practices"] == 100, _failed(reports[0], "best-practices")
    assert shift == 0


def _complete(measure: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
    """As many reports as count: one without a score missed what it wanted to read."""
    reports: list[dict[str, Any]] = []
    for _ in range(RUNS * 4):
        report = measure()
        scores = [it["score"] for it in report["categories"].values()]
        if None not in scores:
            reports.append(report)
        if len(reports) == RUNS:
            return reports
    pytest.fail("Lighthouse could not read the page")


def _cookie(page: Page) -> str:
    cookies = page.context.cookies()
    return "; ".join(f"{it.get('name')}={it.get('value')}" for it in cookies)


def _score(report: dict[str, Any], category: str) -> int:
    score: float = report["categories"][category]["score"]
    return round(score * 100)


def _shift(report: dict[str, Any]) -> float:
    shift: float = report["audits"]["cumulative-layout-shift"]["numericValue"]
    return round(shift, 3)


def _failed(report: dict[str, Any], category: str) -> list[str]:
    names = [it["id"] for it in report["categories"][category]["auditRefs"]]
    return [name for name in names if report["audits"][name]["score"] == 0]
