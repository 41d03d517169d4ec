"""What `LocalServices` choose where nobody says otherwise."""

import random
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from launcher.machine.keys import ensure_keys
from launcher.servers.databases import SERVICES
from launcher.servers.local_services import LocalServices
from services.identity.people.passwords import ARGON2
from shared.clock import ManualClock
from shared.contracts import identity
from shared.db.database import Database
from shared.operator import Operator
from shared.runtime import Runtime
from shared.settings import read_settings


def test_a_password_is_kept_at_the_products_own_cost(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    urls = {name: new_database(name) for name in SERVICES}
    ensure_keys(tmp_path)
    settings = read_settings({"KEYS_DIR": str(tmp_path)})
    clock = ManualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    services = LocalServices(urls, settings, Runtime(clock, random.SystemRandom()))
    person = identity.people.CreateUser(
        email="ada@example.com", name="Ada", password="a-long-Password-1"
    )

    with closing(services), services.client(workers=1) as client:
        operator = Operator(client, tmp_path / "operator.key", clock, "tester")
        operator.call(identity.people.CREATE_USER, person)

    with closing(Database(urls["identity"])) as database, database.system() as session:
        kept = session.scalar(text("SELECT password_hash FROM users"))
    assert not ARGON2.check_needs_rehash(kept)
