"""Read settings from environment variables; docs/operators/settings.md lists them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


DEMO_SUPPORT_EMAIL = "support@example.com"
DEMO_PASSWORD = "demo-Client-Area-1"  # noqa: S105  public; of no use at a public address


class SettingError(ValueError):
    """A setting is missing or invalid; the message says which and why."""


@dataclass(frozen=True)
class Provider:
    """The provider of this client area, as customers see it."""

    name: str
    logo_url: str
    accent: str
    support_email: str
    support_url: str
    terms_url: str
    privacy_url: str
    imprint_url: str = ""

    def support_address(self, subject: str = "") -> str:
        """Return the support URL or mailto address, about ``subject``; may be empty."""
        if self.support_url or not self.support_email:
            return self.support_url
        about = f"?subject={quote(subject)}" if subject else ""
        return f"mailto:{self.support_email}{about}"

    @property
    def logo_origin(self) -> str:
        """The logo's origin if it is another site; otherwise empty."""
        parts = urlsplit(self.logo_url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


@dataclass(frozen=True)
class SignUp:
    """Whether anybody may open an account, and the version of the terms they accept.

    The version is a short text of the provider's, such as a date.
    """

    is_on: bool
    terms_version: str


NO_SIGN_UP = SignUp(is_on=False, terms_version="")


@dataclass(frozen=True)
class Settings:
    var: Path
    port: int
    admin_port: int | None
    public_url: str
    amqp_url: str
    trusted_proxies: int
    provider: Provider
    environment: Mapping[str, str]
    sign_up: SignUp = NO_SIGN_UP

    @property
    def is_loopback(self) -> bool:
        return urlsplit(self.public_url).hostname in LOOPBACK_HOSTS

    @property
    def listen(self) -> str:
        """The IP address that the web front end listens on."""
        everywhere = "0.0.0.0"  # noqa: S104  a public address is there to be reached
        default = "127.0.0.1" if self.is_loopback else everywhere
        return self.environment.get("LISTEN") or default

    @property
    def wants_demo(self) -> bool:
        """Whether empty databases get the demo; never on a public address."""
        return self.is_loopback and self.environment.get("DEMO") != "no"

    @property
    def is_secure(self) -> bool:
        """Whether cookies are Secure: if and only if the public address is https."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def has_tls(self) -> bool:
        """Whether the proxy terminates TLS."""
        return bool(self.environment.get("TLS_CERTIFICATE"))

    @property
    def hostname(self) -> str:
        return urlsplit(self.public_url).hostname or ""

    @property
    def keys_dir(self) -> Path:
        return Path(self.environment.get("KEYS_DIR") or self.var / "keys")

    @property
    def clock_offset_file(self) -> Path | None:
        """The file that moves the clock for demos and tests; refused in production."""
        name = self.environment.get("CLOCK_OFFSET_FILE")
        if name and not self.is_loopback:
            raise SettingError(
                "CLOCK_OFFSET_FILE works only if PUBLIC_URL is a loopback address."
            )
        return Path(name) if name else None

    def database_url(self, service: str) -> str:
        """Return the PostgreSQL URL of a service's own database.

        Raises:
            SettingError: the variable is not set.
        """
        variable = f"{service.upper()}_DATABASE_URL"
        url = self.environment.get(variable)
        if not url:
            raise SettingError(f"{variable} is not set.")
        return url


def is_of_origin(address: str, public_url: str) -> bool:
    """Return whether an address has the scheme, host and port of ``public_url``.

    At a loopback address, a container or a tunnel may show us at another port.
    """
    try:
        found, ours = urlsplit(address), urlsplit(public_url)
        ports = _port_of(found), _port_of(ours)
    except ValueError:
        return False
    if (found.scheme, found.hostname) != (ours.scheme, ours.hostname):
        return False
    has_user = found.username is not None or found.password is not None
    return not has_user and (ports[0] == ports[1] or ours.hostname in LOOPBACK_HOSTS)


def _port_of(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises:
        SettingError: PORT or ADMIN_PORT is not a port, PUBLIC_URL not an address that
            browsers may be sent to, TRUSTED_PROXIES not a number, DEMO neither yes nor
            no, SIGN_UP neither on nor off or without terms, or of TLS_CERTIFICATE and
            TLS_KEY one is missing.
    """
    env = os.environ if environment is None else environment
    port = _port("PORT", env.get("PORT", "8000"))
    if env.get("DEMO", "yes") not in {"yes", "no"}:
        raise SettingError(f"DEMO is {env['DEMO']!r}. Set it to yes or no.")
    settings = Settings(
        var=Path(env.get("VAR", "var")).absolute(),
        port=port,
        admin_port=_port("ADMIN_PORT", env.get("ADMIN_PORT") or "0") or None,
        public_url=_public_url(env, port),
        amqp_url=env.get("AMQP_URL", ""),
        trusted_proxies=_count("TRUSTED_PROXIES", env.get("TRUSTED_PROXIES", "0")),
        provider=Provider(
            name=env.get("PROVIDER_NAME", "Client Area"),
            logo_url=env.get("PROVIDER_LOGO_URL", ""),
            accent=env.get("PROVIDER_ACCENT", ""),
            support_email=env.get("PROVIDER_SUPPORT_EMAIL", ""),
            support_url=env.get("PROVIDER_SUPPORT_URL", ""),
            terms_url=env.get("PROVIDER_TERMS_URL", ""),
            privacy_url=env.get("PROVIDER_PRIVACY_URL", ""),
            imprint_url=env.get("PROVIDER_IMPRINT_URL", ""),
        ),
        environment=env,
    )
    settings = replace(settings, sign_up=_sign_up(settings))
    if settings.wants_demo and not settings.provider.support_address():
        provider = replace(settings.provider, support_email=DEMO_SUPPORT_EMAIL)
        return replace(settings, provider=provider)
    return settings


def _sign_up(settings: Settings) -> SignUp:
    """Read SIGN_UP; at a public address, people sign up to terms that they can read."""
    env = settings.environment
    answer = env.get("SIGN_UP") or "off"
    if answer not in {"on", "off"}:
        raise SettingError(f"SIGN_UP is {answer!r}. Set it to on or off.")
    version = env.get("TERMS_VERSION", "")
    if answer == "on" and not settings.is_loopback:
        missing = not (version and settings.provider.terms_url)
        if missing:
            raise SettingError(
                "SIGN_UP is on. Set PROVIDER_TERMS_URL and TERMS_VERSION as well: they "
                "are what people accept."
            )
    return SignUp(is_on=answer == "on", terms_version=version or "1")


def _public_url(env: Mapping[str, str], port: int) -> str:
    """Return the address customers use; https unless it is a loopback address."""
    has_tls = bool(env.get("TLS_CERTIFICATE"))
    if has_tls is not bool(env.get("TLS_KEY")):
        raise SettingError("Set both TLS_CERTIFICATE and TLS_KEY, or neither.")
    own = f"{'https' if has_tls else 'http'}://localhost:{port}"
    url = env.get("PUBLIC_URL", own).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise SettingError(f"PUBLIC_URL is not an http or https address: {url}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise SettingError(
            f"PUBLIC_URL is http: {url}. Passwords would be sent unencrypted. Use "
            "https, with TLS_CERTIFICATE and TLS_KEY or a TLS proxy in front."
        )
    if parts.scheme == "http" and has_tls:
        raise SettingError(f"PUBLIC_URL is http, but TLS_CERTIFICATE is set: {url}")
    return url


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise SettingError(f"{name} is not a number: {text!r}")
    return int(text)


def _port(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 <= int(text) <= 65_535):  # noqa: PLR2004
        raise SettingError(f"{name} is not a port number: {text!r}")
    return int(text)
