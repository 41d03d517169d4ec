"""Measure on a stack of its own, all or what is named: ``python -m bench [NAME …]``."""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import (
    charging,
    clients,
    dashboard,
    documents,
    intake,
    memory,
    pages,
    processor,
    sign_ins,
    sizes,
    transactions,
)
from bench.figures import heading, row
from bench.site import Site, running_site
from shared.logs import configure_logs

MEASURES = {
    "dashboard": dashboard.measure,
    "processor": processor.measure,
    "clients": clients.measure,
    "pages": pages.measure,
    "sign_ins": sign_ins.measure,
    "sizes": sizes.measure,
    "transactions": transactions.measure,
    "charging": charging.measure,
    "documents": documents.measure,
    "intake": intake.measure,
    "memory": memory.measure,
}


def main(wanted: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="client-area-bench-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL goes through it as another user
        log_file = Path(folder, "bench.log")
        with log_file.open("w") as log, running_site(folder) as site:
            configure_logs("bench", stream=log)
            print(*heading(), sep="\n", flush=True)
            took = {name: _measure(site, name) for name in wanted or MEASURES}
    times = (f"{name} {seconds:.0f} s" for name, seconds in took.items())
    print("Took:", ", ".join(times))


def _measure(site: Site, name: str) -> float:
    """Print what is measured; returns how many seconds that took."""
    started = time.monotonic()
    for figure in MEASURES[name](site):
        print(row(figure), flush=True)
    return time.monotonic() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    names = parser.parse_args().names
    if unknown := set(names) - MEASURES.keys():
        parser.error(f"there is no measure {', '.join(sorted(unknown))}")
    main(names)
