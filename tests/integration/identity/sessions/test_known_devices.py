"""Known devices: which browsers somebody has signed in with, and what is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from services.identity.models.notices import Notice
from services.identity.models.signing_in import KnownDevice
from services.identity.sessions.devices import KNOWN_FOR
from shared.contracts import identity
from shared.contracts.identity.notices import Channel, NoticeKind
from tests.fixtures.identity.harness import ADDRESS, IdentityHarness

ALICE = "alice@example.com"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def notices(harness: IdentityHarness, channel: Channel = Channel.MAIL) -> list[Notice]:
    with harness.database.system() as db:
        found = select(Notice).where(Notice.kind == NoticeKind.NEW_DEVICE)
        return list(db.scalars(found.where(Notice.channel == channel)))


def count_devices(harness: IdentityHarness) -> int:
    with harness.database.system() as db:
        return len(db.scalars(select(KnownDevice.id)).all())


def test_a_new_device_is_told_to_the_accounts_owner_once(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    request = identity.signing_in.LogIn(
        email=ALICE,
        password="demo-Client-Area-1",
        address=ADDRESS,
        user_agent=FIREFOX,
    )
    session = harness.call(identity.signing_in.LOG_IN, request).session
    assert session
    harness.log_in(ALICE, device=session.device)

    for channel in Channel:
        (notice,) = notices(harness, channel)
        assert notice.parameters["device"] == "Firefox, Linux"
        assert notice.parameters["network"] == "203.0.113.x"


def test_of_a_devices_cookie_only_a_hash_is_kept(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    device = harness.log_in(ALICE).device

    with harness.database.system() as db:
        kept = db.execute(text("SELECT t::text FROM known_devices t")).scalars().all()

    assert len(device) == 64
    assert device not in str(kept)


@pytest.mark.parametrize("device", ["", "f" * 64, "\0"])
def test_a_cookie_that_is_none_of_ours_is_replaced(
    harness: IdentityHarness, device: str
) -> None:
    harness.add_owner(ALICE, "Aurora")

    given = harness.log_in(ALICE, device=device).device

    assert given not in {"", device}


def test_two_people_share_a_browser_and_its_cookie(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    harness.add_owner("bob@example.com", "Borealis")
    device = harness.log_in(ALICE).device

    assert harness.log_in("bob@example.com", device=device).device == device
    assert harness.log_in(ALICE, device=device).device == device

    # It was new to each of them once.
    assert len(notices(harness)) == 2


def test_a_device_is_forgotten_after_a_year(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    device = harness.log_in(ALICE).device
    harness.clock.move(KNOWN_FOR - timedelta(days=1))
    harness.log_in(ALICE, device=device)
    harness.clock.move(KNOWN_FOR)

    harness.log_in(ALICE, device=device)
    assert len(notices(harness)) == 2

    harness.clock.move(KNOWN_FOR)
    harness.run_job("forget_old_sessions")
    assert count_devices(harness) == 0
