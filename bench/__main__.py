"""Measure on a stack of its own: ``python -m bench``."""

import os
import tempfile
from pathlib import Path

from bench import dashboard
from launcher.stack import Stack

MEASURES = (dashboard.measure,)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="client-area-bench-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL goes through it as another user
        stack = Stack({**os.environ, "VAR": folder, "PORT": "8000"})
        try:
            address = stack.start()
            for measure in MEASURES:
                print(measure(address.url, address.amqp_url), flush=True)
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
