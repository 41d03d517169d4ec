"""Issues what is ordered, in a process of its own that is killed at random points.

``python -m tests.faults.dying.issuing DATABASE_URL SEED DIES_ONCE_IN``. Points are the
statements and commits; it ends with 0 once nothing is left to be issued.
"""

import os
import random
import signal
import sys
from datetime import timedelta

from sqlalchemy import event
from sqlalchemy.engine import Engine

from services.billing.documents.issuing import Issuer, issue_ordered
from shared.clock import ManualClock
from shared.db.database import Database
from shared.runtime import Runtime
from tests.fixtures.billing.harness import START
from tests.fixtures.sellers import SELLERS


def main(url: str, seed: str, dies_once_in: str) -> None:
    chance = random.Random(seed)
    # Instances' clocks differ, and no series' days may go back for it.
    clock = ManualClock(START + timedelta(days=chance.randrange(4)))

    points = int(dies_once_in)

    def pass_point(*_args: object) -> None:
        if chance.randrange(points) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", pass_point)
    event.listen(Engine, "commit", pass_point)
    runtime = Runtime(clock, random.SystemRandom())
    database, issuer = Database(url), Issuer(SELLERS, {})
    while issue_ordered(database, runtime, issuer, ""):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
