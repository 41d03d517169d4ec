"""Load the demo on the first start with empty databases."""

from collections.abc import Mapping

from launcher.demo import story
from launcher.demo.loader import company_names, load_demo
from launcher.machine.errors import LaunchError
from launcher.servers.unfinished_demo import unfinished_demo_marker
from services.billing.gateways.bank_transfer import BankTransfer
from services.billing.gateways.settings import read_bank_transfer
from services.billing.parties.sellers import read_sellers
from shared.clock import make_clock
from shared.settings import Settings

_CUSTOMERS = {company.name for company in story.COMPANIES}


def ensure_demo(settings: Settings, urls: Mapping[str, str]) -> bool:
    """Load the demo if it is allowed and there is no company yet.

    Its passwords are public, so it may only be where others have no access.
    Returns whether it is there now, loaded by this start or an earlier one.

    Raises:
        LaunchError: an earlier load was interrupted.
    """
    unfinished = unfinished_demo_marker(settings)
    if unfinished.exists():
        raise LaunchError(
            "Loading the demo was interrupted. Empty the databases, "
            f"remove {unfinished}, and start again."
        )
    clock = make_clock(settings.clock_offset_file)
    if not settings.wants_demo:
        return False
    if names := company_names(urls, settings, clock):
        # Users may have renamed one.
        return not names.isdisjoint(_CUSTOMERS)
    print("Loading the demo …", flush=True)
    unfinished.touch()
    load_demo(urls, settings, clock.now(), _bank(settings))
    unfinished.unlink()
    return True


def _bank(settings: Settings) -> BankTransfer | None:
    environment = settings.environment
    sellers = read_sellers(environment, is_loopback=settings.is_loopback)
    return read_bank_transfer(settings, sellers)


def print_monitoring(admin_port: int | None) -> None:
    print(f"Monitoring: http://localhost:{admin_port}/readyz and /metrics")


def print_mail(settings: Settings, mailbox: str = "") -> None:
    """Say where mails are kept, or that none is sent."""
    if mailbox:
        print(f"Mails are kept at {mailbox}")
    elif not settings.environment.get("SMTP_URL"):
        print(
            "No mail is sent: there is no SMTP_URL. Mails wait for up to 4 days.",
            flush=True,
        )


def print_ready(url: str, *, has_demo: bool) -> None:
    """Print the address and, with the demo, who to log in as."""
    print(f"The client area is ready: {url}", flush=True)
    if has_demo:
        who = story.PEOPLE[0].email
        print(f"Log in as {who} with {story.PASSWORD}", flush=True)
