"""What the processes of the stack use, each together with its children."""

import os
from collections.abc import Iterator
from pathlib import Path

from launcher.machine.layout import Layout
from launcher.machine.processes import is_alive, read_pid

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_TIMES = slice(11, 15)
"""utime, stime, and both of the children that have ended: proc(5), after the name."""


def pid_of(layout: Layout, name: str) -> int:
    pid = read_pid(layout.pid_file(name))
    assert pid
    return pid


def megabytes(pid: int) -> float:
    """The proportional share of memory of a process and its children."""
    return sum(map(_share_kb, _family(pid))) / 1024


def processor_ms(pid: int) -> float:
    """The processor time that a process and its children have used so far.

    Each of them counts it in clock ticks, as a rule of 10 ms.
    """
    while True:
        try:
            return sum(map(_ticks, _family(pid))) * _TICK_MS
        except (FileNotFoundError, ProcessLookupError):
            # A child has just ended: its parent has its time in a moment.
            if not is_alive(pid):
                raise


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _family(int(child))


def _share_kb(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(
        int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
    )


def _ticks(pid: int) -> int:
    # The name is in brackets, and may have spaces and brackets of its own.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[_TIMES]))
