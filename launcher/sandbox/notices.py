"""Send the sandbox's notices until they are accepted."""

import threading
import time
from dataclasses import dataclass

import requests
import structlog

from services.billing.gateways.sandbox import SIGNATURE_HEADER, sign
from shared.backoff import Backoff

log = structlog.get_logger()

TRIES = 6
BACKOFF = Backoff((0.2, 1, 3, 10, 30))


@dataclass(frozen=True)
class Notices:
    secret: str

    def send(self, url: str, body: str, times: int = 1) -> None:
        """Send in the background; ``times`` simulates duplicate notices."""
        for _ in range(times):
            threading.Thread(target=self._send, args=(url, body), daemon=True).start()

    def _send(self, url: str, body: str) -> None:
        for failures in range(TRIES):
            if failures:
                time.sleep(BACKOFF.pause_s(failures))
            now = str(int(time.time()))
            signature = f"{now}.{sign(self.secret, now, body)}"
            headers = {SIGNATURE_HEADER: signature, "Content-Type": "application/json"}
            try:
                requests.post(url, body, headers=headers, timeout=10).raise_for_status()
            except requests.RequestException as error:
                log.warning("notice_not_taken", error=type(error).__name__)
            else:
                return
