"""Become the proxy of the containers: ``python -m launcher.run.proxy``.

`make stack` starts its own as one of its programs; see launcher/run/program.py.
"""

import os
from pathlib import Path

from launcher.servers.proxy import Certificate, Proxy
from shared.settings import read_settings
from web.site.security import MAX_FORM_BYTES


def main() -> None:
    settings = read_settings()
    environment = settings.environment
    certificate = None
    if settings.has_tls:
        certificate = Certificate(
            Path(environment["TLS_CERTIFICATE"]), Path(environment["TLS_KEY"])
        )
    web = f"unix:{environment['WEB_SOCKET']}"
    folder = settings.var / "proxy"
    proxy = Proxy(folder, settings, web, MAX_FORM_BYTES, certificate)
    proxy.prepare()
    command = proxy.server_command()
    os.execve(command[0], command, proxy.environment())


if __name__ == "__main__":
    main()
