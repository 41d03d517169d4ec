"""Measure on a stack of its own: ``python -m bench``."""

import tempfile
from pathlib import Path

from bench import (
    charging,
    clients,
    dashboard,
    documents,
    memory,
    pages,
    sizes,
    transactions,
)
from bench.figures import heading, row
from bench.site import running_site
from shared.logs import configure_logs

MEASURES = (
    dashboard.measure,
    clients.measure,
    pages.measure,
    sizes.measure,
    transactions.measure,
    charging.measure,
    documents.measure,
    memory.measure,
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="client-area-bench-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL goes through it as another user
        log_file = Path(folder, "bench.log")
        with log_file.open("w") as log, running_site(folder) as site:
            configure_logs("bench", stream=log)
            print(*heading(), sep="\n", flush=True)
            for measure in MEASURES:
                for figure in measure(site):
                    print(row(figure), flush=True)


if __name__ == "__main__":
    main()
