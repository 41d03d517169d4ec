"""Run our own nginx as proxy of the web front end, in its own folder.

It receives requests completely before it passes them to the web front end, so that slow
or unfinished ones cost nothing there; it compresses, terminates TLS if
configured, and sets the headers with the client's address.
"""

import os
import resource
import shutil
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

from launcher.machine.errors import LaunchError
from launcher.machine.files import make_folder, write_atomically
from launcher.machine.processes import find_setpriv, leashed
from shared.settings import Settings

CONNECTIONS = 16384
"""As many at a time, where the system lets it open that many files.

Each of them may be sending a header, for 10 s: nginx doesn't count those.
"""

_CONFIGURATION = Path(__file__).with_name("nginx.conf")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so")
_COMPRESSED = (
    "text/css text/javascript application/javascript application/json "
    "application/xml image/svg+xml text/plain"
)
_OWN_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of nginx's own answers. Only the web front end's answers have
Strict-Transport-Security, because browsers remember it."""
_TRIES = 8
_DOCUMENT_BYTES = 16 * 1024 * 1024
"""The most that web has to read of a form with a person's document."""

# nginx's worker outlives a killed master and keeps its port: so a shell is leashed to
# the master, and ends all of its process group.
_WITH_GUARD = (
    """"$0" --pdeathsig TERM sh -c 'trap "kill -KILL 0" TERM; """
    """test "$PPID" = "$0" || kill -KILL 0; """
    """while :; do sleep 3600 & wait; done' "$$" & exec "$@\""""
)

_PAGES = {
    "away": (
        "Not reachable right now",
        "The client area is restarting or being updated. Try again in a moment.",
    ),
    "too_large": (
        "Request too large",
        "What you sent is too large. Nothing was changed.",
    ),
    "too_large_document": (
        "File too large",
        "This file is too large. Go back and choose one of up to 10 MB.",
    ),
    "too_many": (
        "Too many requests",
        (
            "Too many requests from your network are still being sent. Nothing was "
            "changed. Wait a moment and try again."
        ),
    ),
}


@dataclass(frozen=True)
class Certificate:
    """PEM files: the certificate with its chain, and its key."""

    chain: Path
    key: Path


class Proxy:
    """Our nginx; ``web`` is the web front end's address in nginx's syntax.

    ``body_bytes`` is the most that a request may bring.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        web: str,
        body_bytes: int,
        certificate: Certificate | None = None,
    ) -> None:
        self.folder = folder
        self._settings = settings
        self._web = web
        self._body_bytes = body_bytes
        self._certificate = certificate

    def prepare(self) -> None:
        """Write the configuration and nginx's own error pages."""
        pages = make_folder(make_folder(self.folder) / "pages")
        for name, (title, message) in _PAGES.items():
            write_atomically(pages / f"{name}.html", _page(title, message))
        write_atomically(self.folder / "nginx.conf", self._configuration())

    def server_command(self) -> list[str]:
        """Return the server's command."""
        own = ["-e", "stderr", "-p", str(self.folder), "-c", "nginx.conf"]
        return [find_nginx(), *own]

    def command(self, parent: int | None = None) -> list[str]:
        """Return the server's command, leashed to its parent (see `leashed`)."""
        shell = ["sh", "-c", _WITH_GUARD, find_setpriv(), *self.server_command()]
        # Its master ends the worker, so it is asked to end in order.
        return leashed(shell, "TERM", parent=parent)

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", "") + os.pathsep + _SYSTEM_PATH}

    def _configuration(self) -> str:
        files = _files_allowed()
        parts = {
            "folder": str(self.folder),
            "files": str(files),
            "connections": str(min(CONNECTIONS, files - 64)),
            "modules": f'load_module "{_BROTLI}";' if _BROTLI.exists() else "",
            "body_bytes": str(self._body_bytes),
            "document_bytes": str(_DOCUMENT_BYTES),
            "types": _COMPRESSED,
            "brotli": _brotli(),
            "servers": f'server "{self._web}" max_fails=0; ' * _TRIES,
            **_headers(),
            **self._addresses(),
            **self._tls(),
        }
        text = _CONFIGURATION.read_text()
        for name, value in parts.items():
            text = text.replace(f"@{name}@", value)
        return text

    def _addresses(self) -> dict[str, str]:
        """Return the directives for the client's address and the requested host.

        What further proxies say is believed as far as they are trusted: their word is
        passed on with ours, and the web front end counts from the end.
        """
        hops = self._settings.trusted_proxies
        if not hops:
            return {
                "client_map": "",
                "client": "$remote_addr",
                "forwarded_for": "$remote_addr",
                "forwarded_proto": "$scheme",
                "forwarded_host": "$http_host",
            }
        client = f"~(?<told>[0-9a-fA-F.:]+) *(,[^,]*){{{hops - 1}}}$"
        return {
            "client_map": (
                f'map $http_x_forwarded_for $client {{ "{client}" $told; '
                "default $remote_addr; }"
                + _appended("proto", "$scheme")
                + _appended("host", "$http_host")
            ),
            "client": "$client",
            "forwarded_for": "$proxy_add_x_forwarded_for",
            "forwarded_proto": "$told_proto",
            "forwarded_host": "$told_host",
        }

    def _tls(self) -> dict[str, str]:
        address = self._settings.listen
        host = f"[{address}]" if ":" in address else address
        listen = f"{host}:{self._settings.port}"
        if self._certificate is None:
            return {"listen": listen, "tls": ""}
        tls = (
            f'ssl_certificate "{self._certificate.chain}"; '
            f'ssl_certificate_key "{self._certificate.key}"; '
            "ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets off; "
            "ssl_session_cache shared:tls:2m;"
        )
        return {"listen": f"{listen} ssl", "tls": tls}


def find_nginx() -> str:
    """Return the command that starts nginx.

    Raises:
        LaunchError: nginx is not installed.
    """
    found = shutil.which("nginx") or shutil.which("nginx", path=_SYSTEM_PATH)
    if found is None:
        raise LaunchError("nginx is missing. Install the package nginx.")
    return found


def _files_allowed() -> int:
    """Return how many files nginx may open; a visitor's connection needs up to two."""
    wanted = 2 * CONNECTIONS
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if allowed < CONNECTIONS:
        print(
            f"The proxy can open only {allowed} files, which limits the number of "
            f"simultaneous visitors. Raise the hard limit (ulimit -Hn) to {wanted}.",
            file=sys.stderr,
            flush=True,
        )
    return allowed


def _brotli() -> str:
    """Return brotli's settings, without text/csv, which would delay slow downloads."""
    if not _BROTLI.exists():
        return ""
    on = "brotli on; brotli_comp_level 4; brotli_min_length 512; "
    return f"{on}brotli_types {_COMPRESSED};"


def _headers() -> dict[str, str]:
    """Headers that an answer gets unless it comes from the web front end."""
    names = {name: f"$own_{name.lower().replace('-', '_')}" for name in _OWN_HEADERS}
    added = {**names, "Retry-After": "$own_retry_after"}
    return {
        "own_headers": "\n  ".join(
            f'map $is_own {names[name]} {{ 1 "{value}"; default ""; }}'
            for name, value in _OWN_HEADERS.items()
        ),
        "add_headers": "\n    ".join(
            f"add_header {name} {variable} always;" for name, variable in added.items()
        ),
    }


def _appended(name: str, own: str) -> str:
    """Return the header with our own value after that of earlier proxies."""
    header = f"$http_x_forwarded_{name}"
    return f' map {header} $told_{name} {{ "" {own}; default "{header}, {own}"; }}'


def _page(title: str, message: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><h1>{escape(title)}</h1>"
        f"<p>{escape(message)}</p></html>\n"
    )
