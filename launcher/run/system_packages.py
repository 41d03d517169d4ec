"""Install system packages: RabbitMQ, nginx, and Chromium for tests."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher.machine.errors import LaunchError
from launcher.servers import proxy, rabbitmq

# The first one has no windows of its own to draw, and takes half the time.
_BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_POLICY = Path("/usr/sbin/policy-rc.d")
_QUIET_APT = [
    *("-qq", "-o", "DPkg::Lock::Timeout=300"),
    *("-o", "Dpkg::Use-Pty=0", "-o", "Acquire::Retries=3"),
]


def ensure_rabbitmq() -> str:
    """Return the command that starts a broker; install RabbitMQ if it is missing.

    Raises:
        LaunchError: it is missing and can't be installed from here.
    """
    try:
        return rabbitmq.find_server()
    except LaunchError:
        _install("rabbitmq-server")
        return rabbitmq.find_server()


def ensure_nginx() -> str:
    """Return the command that starts nginx; install nginx if it is missing.

    Raises:
        LaunchError: it is missing and can't be installed from here.
    """
    try:
        return proxy.find_nginx()
    except LaunchError:
        _install("nginx", "libnginx-mod-http-brotli-filter")
        return proxy.find_nginx()


def ensure_chromium() -> str:
    """Return the path of Chromium; install it if it is missing.

    Raises:
        LaunchError: it is missing and can't be installed from here.
    """
    if browser := _find_browser():
        return browser
    try:
        _install("chromium-headless-shell")
    except LaunchError:
        # Not every system has it as a package of its own.
        _install("chromium")
    if browser := _find_browser():
        return browser
    raise LaunchError("The package chromium was installed, but has no browser.")


def _find_browser() -> str | None:
    return next((path for name in _BROWSERS if (path := shutil.which(name))), None)


def _install(*packages: str) -> None:
    words = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise LaunchError(
            f"{packages[0]} is missing. Install it from your system's packages "
            f"(on Debian and Ubuntu: sudo apt-get install {words})."
        )
    print(f"Installing {words} …", flush=True)
    with _no_service_started():
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *packages)
    _leave_at_next_boot(packages[0])


def _leave_at_next_boot(service: str) -> None:
    """Keep the package's own service from starting with the machine."""
    if shutil.which("systemctl"):
        command = ["systemctl", "disable", "--quiet", f"{service}.service"]
        # Chromium has none.
        subprocess.run(command, check=False, capture_output=True)


def _apt_get(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", *_QUIET_APT, *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        what = " ".join(arguments)
        raise LaunchError(f"apt-get {what} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def _no_service_started() -> Iterator[None]:
    """Keep Debian's packages from starting a system-wide service of their own."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
