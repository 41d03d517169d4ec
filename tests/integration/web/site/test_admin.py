"""For the operator's monitoring, apart from what customers reach."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.fixtures.installations import Installation, sign_in
from web.site.admin import figures_of_process, figures_of_workers, make_admin_app

COUNTS_A_CALL = """
from shared.contracts.identity.signing_in import LOG_IN
from shared.errors import Unavailable
from shared.rpc.call_watch import CallWatch
CallWatch().count_refused(LOG_IN, Unavailable("too_many_calls"))
"""


@pytest.fixture
def monitoring(site: Installation) -> FlaskClient:
    app = make_admin_app(site.client, lambda: figures_of_process(site.client))
    return app.test_client()


def test_readiness_names_the_service_that_is_away_and_why(
    site: Installation, monitoring: FlaskClient
) -> None:
    assert monitoring.get("/readyz").status_code == 200

    site.client.down.add("billing")

    answer = monitoring.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["missing"] == {"billing": "service_unreachable"}


def test_the_metrics_cover_pages_and_calls_to_services(
    site: Installation, monitoring: FlaskClient
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    sign_in(site.app(), "ada@example.com")

    figures = monitoring.get("/metrics").text

    assert 'web_requests_total{endpoint="auth.submit_log_in",status="303"}' in figures
    assert 'client_calls_total{method="identity.log_in",outcome="ok"} 1.0' in figures
    assert 'client_service_resting{service="identity"} 0.0' in figures


@pytest.mark.parametrize("address", ["/readyz", "/metrics"])
def test_customers_do_not_reach_it(site: Installation, address: str) -> None:
    assert site.app().test_client().get(address).status_code == 404


def test_no_other_site_reads_it_through_a_browser(monitoring: FlaskClient) -> None:
    headers = {"Host": "rebound.example"}

    assert monitoring.get("/metrics", headers=headers).status_code == 400


def test_the_figures_of_all_workers_are_added_up_and_outlive_them(
    tmp_path: Path,
) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        command = [sys.executable, "-c", COUNTS_A_CALL]
        subprocess.run(command, env=environment, check=True)

    figures = figures_of_workers(tmp_path).decode()

    labels = 'method="identity.log_in",outcome="too_many_calls"'
    assert f"client_calls_total{{{labels}}} 2.0" in figures
    assert "client_calls_pending" not in figures
