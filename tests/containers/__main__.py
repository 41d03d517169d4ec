"""Tries docker-compose.yml for real: ``python -m tests.containers``.

Builds the image, brings the stack up at a free port under a name of its own, waits
until every health check passes, logs in, looks at the dashboard, runs an operator's
command, and takes all of it down again, the data too. BUILD_OPTIONS go to the build.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from launcher.demo.story import PASSWORD, PEOPLE
from launcher.machine.ports import pick_port
from launcher.machine.processes import wait_until
from tests.containers.customer import BLOCKS, Customer
from tests.containers.engines import Project, find_engine

SERVERS = ("postgres", "rabbitmq", "mail", "proxy")
SERVICES = (*SERVERS, "identity", "inventory", "billing", "web")
SECRETS = (
    *("POSTGRES", "OWNER", "IDENTITY", "INVENTORY", "BILLING"),
    *("RABBITMQ", "WEB", "OPERATOR", "HEALTH"),
)
OPERATOR = ("--profile", "operator", "run", "--rm", "operator")
FULL_WITHIN_S = 30


def main() -> None:
    port = pick_port()
    settings = {f"{name}_PASSWORD": secrets.token_hex(24) for name in SECRETS}
    settings |= {"PORT": str(port), "PUBLIC_URL": f"http://localhost:{port}"}
    name = f"client-area-trial-{secrets.token_hex(4)}"
    project = Project(find_engine(), name, settings)
    say("building the image")
    project.build()
    with brought_up(project):
        say("waiting until all are healthy")
        project.wait_until_well(SERVICES)
        look_at_dashboard(f"http://localhost:{port}")
        say("checking the ledger, as an operator")
        say(project.compose(*OPERATOR, "ledger", "verify"))
    say("the stack in containers works")


@contextmanager
def brought_up(project: Project) -> Iterator[None]:
    try:
        say("bringing the stack up")
        project.up()
        yield
    except BaseException:
        say(project.compose("logs"))
        raise
    finally:
        say("taking it down")
        project.compose("down", "--volumes")


def look_at_dashboard(url: str) -> None:
    say(f"logging in at {url}")
    customer = Customer(url)
    customer.log_in(PEOPLE[0].email, PASSWORD)
    full = dict.fromkeys(BLOCKS, "fresh")
    # A first page may come before its figures do.
    if not wait_until(lambda: customer.blocks() == full, FULL_WITHIN_S):
        raise SystemExit(f"the dashboard's blocks: {customer.blocks()}")
    page = customer.read("/")
    for words in (
        "Total Services",
        "Recurring Cost Breakdown",
        "Recommended Add Funds",
    ):
        if words not in page:
            raise SystemExit(f"the dashboard lacks {words!r}")


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201  it is a program


if __name__ == "__main__":
    main()
