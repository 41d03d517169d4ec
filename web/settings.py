"""Web's own settings, read once at its start."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.settings import (
    NO_SIGN_UP,
    Provider,
    SettingError,
    Settings,
    SignUp,
    is_of_origin,
)

MAIN_PID = "WEB_MAIN_PID"
"""The variable with the main process's id, for its workers."""

WORKERS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the workers' own folder: their figures, which
prometheus_client keeps where it says, and the sockets by which they ask each other."""

CARD_SCRIPT_URL = "https://js.stripe.com/v3/"


@dataclass(frozen=True)
class WebSettings:
    """``hostname`` is that of ``public_url``, and ``is_secure`` where that is https.

    ``trusted_proxies`` is how many proxies, including our own, add the address that a
    request comes from.
    ``sandbox_url`` is where a demo's payments are made, or empty. ``card_script_url``
    is where the form for a card comes from.
    """

    public_url: str
    hostname: str
    is_secure: bool
    is_loopback: bool
    hsts_subdomains: bool
    trusted_proxies: int
    provider: Provider
    sandbox_url: str
    card_script_url: str
    sign_up: SignUp = NO_SIGN_UP

    def cookie_name(self, name: str) -> str:
        """With a prefix by which browsers take it over https from this host only."""
        return f"__Host-{name}" if self.is_secure else name

    def may_send_to(self, address: str) -> bool:
        """Whether browsers may be sent to an address of somebody else.

        The sandbox has a payment page of its own; the other gateways' fields and
        instructions are on our pages.
        """
        return bool(self.sandbox_url) and is_of_origin(address, self.sandbox_url)

    def address_for_passkeys(self, host: str) -> str | None:
        """Return the address to open instead of ``host``; empty if that is right.

        Passkeys belong to the public address's name. None: it is an IP address, where
        browsers have none (WebAuthn, level 3, 5.1.3).
        """
        if _is_ip_address(self.hostname):
            return None
        is_right = urlsplit(f"//{host}").hostname == self.hostname
        return "" if is_right else self.public_url


def has_own_proxy(environment: Mapping[str, str]) -> bool:
    """Whether the proxy of the stack or the containers is before the web front end."""
    return environment.get("OWN_PROXY") == "yes"


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _yes_or_no(name: str, environment: Mapping[str, str]) -> bool:
    answer = environment.get(name) or "yes"
    if answer not in {"yes", "no"}:
        raise SettingError(f"{name} is {answer!r}. Set it to yes or no.")
    return answer == "yes"


def read_web_settings(settings: Settings) -> WebSettings:
    """Take from the settings of all processes what pages depend on, and read the rest.

    Raises:
        SettingError: ``STRIPE_JS_URL`` is a stand-in, at a public address, or
            ``HSTS_SUBDOMAINS`` is neither yes nor no.
    """
    environment = settings.environment
    card_script_url = environment.get("STRIPE_JS_URL") or CARD_SCRIPT_URL
    if card_script_url != CARD_SCRIPT_URL and not settings.is_loopback:
        raise SettingError(
            "STRIPE_JS_URL works only if PUBLIC_URL is a loopback address."
        )
    return WebSettings(
        public_url=settings.public_url,
        hostname=settings.hostname,
        is_secure=settings.is_secure,
        is_loopback=settings.is_loopback,
        hsts_subdomains=_yes_or_no("HSTS_SUBDOMAINS", environment),
        trusted_proxies=settings.trusted_proxies + has_own_proxy(environment),
        provider=settings.provider,
        sandbox_url=environment.get("SANDBOX_URL", ""),
        card_script_url=card_script_url,
        sign_up=settings.sign_up,
    )
