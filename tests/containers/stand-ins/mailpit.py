#!/usr/bin/python3
"""Takes in mail on port 1025 and tells on standard output whom it was for.

``mailpit readyz`` asks whether it does.
"""

import signal
import smtplib
import sys
from typing import Any

from aiosmtpd.controller import Controller

PORT = 1025


class Catcher:
    async def handle_DATA(  # noqa: N802  the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        print("mail for", ", ".join(envelope.rcpt_tos), flush=True)  # noqa: T201
        return "250 OK"


if sys.argv[1:] == ["readyz"]:
    with smtplib.SMTP("127.0.0.1", PORT, timeout=5) as client:
        client.noop()
else:
    # Asked for before the first thread starts, which would take the signal otherwise.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    controller = Controller(Catcher(), hostname="0.0.0.0", port=PORT)
    controller.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()
