"""Documents are deleted on time, from backups too; their keys can be rotated."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import func, select

from services.identity.documents import retention
from services.identity.documents.decisions import erase
from services.identity.documents.month_keys import MonthKeys
from services.identity.models.documents import IdentityDocument
from shared.contracts.identity.people import VerificationState
from shared.contracts.identity.verification import documents
from shared.contracts.identity.verification.documents import DocumentState, remade_name
from shared.errors import Conflict
from tests.fixtures.identity import files
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.sent_documents import STEP, Sender, approve, view
from tests.fixtures.identity.steps import state_of

ALICE = "alice@example.com"
A_DAY = timedelta(days=1)


@pytest.fixture
def alice(harness: IdentityHarness, tmp_path: Path) -> Sender:
    return Sender.new(harness, ALICE, tmp_path / "months")


def test_a_document_is_deleted_90_days_after_the_decision(
    harness: IdentityHarness, alice: Sender
) -> None:
    document = alice.send()
    harness.clock.move(20 * A_DAY)
    approve(harness, document.id)
    harness.clock.move(89 * A_DAY)
    harness.run_job("delete_old_documents")
    assert view(harness, document.id)

    harness.clock.move(A_DAY)
    harness.run_job("delete_old_documents")

    assert harness.storage.files == {}
    assert alice.row(document.id).wrapped_key is None
    assert alice.last().deleted_on is None
    assert alice.last().state is DocumentState.APPROVED
    with pytest.raises(Conflict) as refused:
        view(harness, document.id)
    assert refused.value.code == "document_deleted"


def test_a_document_that_nobody_reviewed_can_be_sent_again(
    harness: IdentityHarness, alice: Sender
) -> None:
    document = alice.send()
    harness.clock.move(90 * A_DAY)
    harness.run_job("delete_old_documents")

    assert alice.last().state is DocumentState.EXPIRED
    assert harness.storage.files == {}
    assert state_of(harness, document.user_id, STEP) is VerificationState.NOT_STARTED
    assert alice.send().state is DocumentState.IN_REVIEW


@pytest.mark.parametrize("content", [files.photo(), b"no image"])
def test_what_is_erased_while_it_is_checked_stays_erased(
    harness: IdentityHarness,
    alice: Sender,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
) -> None:
    upload = alice.begin()
    alice.store(upload, content)
    document = alice.finish(upload, content)
    read = harness.storage.read

    def erase_meanwhile(name: str) -> Iterator[bytes]:
        with harness.database.system() as db:
            erase(db, document.user_id)
        return read(name)

    monkeypatch.setattr(harness.storage, "read", erase_meanwhile)
    harness.run_job("check_documents")

    row = alice.row(document.id)
    assert (row.state, row.wrapped_key) == (DocumentState.CANCELLED, None)
    assert not [name for name in harness.storage.files if "remade" in name]


def test_backups_cannot_be_read_once_the_months_key_is_destroyed(
    harness: IdentityHarness, alice: Sender
) -> None:
    """Both backups are restored, with every key that there is."""
    document = alice.send()
    before = alice.row(document.id)
    approve(harness, document.id)
    decided = alice.row(document.id)
    backup = dict(harness.storage.files)
    assert before.month == decided.month == "2026-05"

    harness.clock.move(datetime(2026, 6, 1, tzinfo=UTC) - harness.clock.now())
    harness.run_job("delete_old_documents")

    harness.storage.files.update(backup)
    with harness.database.system() as db:
        row = db.get_one(IdentityDocument, document.id)
        row.wrapped_key, row.key_id = decided.wrapped_key, decided.key_id
        row.has_remade = True
    with pytest.raises(Conflict) as refused:
        view(harness, document.id)
    assert refused.value.code == "document_deleted"
    keys = MultiFernet([Fernet(key) for key in harness.document_keys.split()])
    inner = keys.decrypt(decided.wrapped_key or b"")
    left = [Fernet(file.read_bytes()) for file in harness.folder.iterdir()]
    assert not any(_opens(key, inner) for key in left)
    harness.run_job("delete_old_documents")
    assert harness.storage.files == {}


def test_a_late_decision_moves_a_document_to_a_later_month(
    harness: IdentityHarness, alice: Sender
) -> None:
    document = alice.send()
    harness.clock.move(60 * A_DAY)
    approve(harness, document.id)
    assert alice.row(document.id).month == "2026-07"
    harness.clock.move(60 * A_DAY)
    harness.run_job("delete_old_documents")  # May's key is destroyed

    assert view(harness, document.id)


def test_an_erased_persons_documents_are_deleted(
    harness: IdentityHarness, alice: Sender
) -> None:
    document = alice.send()
    with harness.database.system() as db:
        erase(db, document.user_id)
    row = alice.row(document.id)
    assert (row.wrapped_key, row.file_name, row.sha256) == (None, "", "")

    harness.run_job("delete_old_documents")

    assert harness.storage.files == {}


def test_uploads_are_deleted_when_the_storage_is_back(
    harness: IdentityHarness, alice: Sender
) -> None:
    document = alice.send()
    approve(harness, document.id)
    harness.storage.is_down = True
    harness.clock.move(90 * A_DAY)
    with pytest.raises(Exception, match="planted"):
        harness.run_job("delete_old_documents")
    assert alice.row(document.id).wrapped_key is None
    assert remade_name(document.id) in harness.storage.files

    harness.storage.is_down = False
    harness.run_job("delete_old_documents")

    assert harness.storage.files == {}


def test_a_months_key_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    keys = MonthKeys(tmp_path / "months")
    made = keys.make("2027-03").encrypt(b"x")

    assert MonthKeys(tmp_path / "months").make("2027-03").decrypt(made) == b"x"
    (file,) = (tmp_path / "months").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (
        0o600,
        0o700,
    )
    assert keys.destroy_before("2027-03") == []
    assert keys.destroy_before("2027-04") == ["2027-03"]


def test_keys_rotate_while_documents_wait(
    harness: IdentityHarness, alice: Sender
) -> None:
    document = alice.send()
    old, new = harness.document_keys, Fernet.generate_key()
    harness.document_keys = new + b"\n" + old

    harness.run_job("renew_document_keys")

    harness.document_keys = new
    assert view(harness, document.id)


@pytest.mark.full
@pytest.mark.timeout(600)
def test_100_000_keys_rotate_though_interrupted(
    harness: IdentityHarness, alice: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 100_000
    _add_documents(harness, alice, count)
    old, new = harness.document_keys, Fernet.generate_key()
    harness.document_keys = new + b"\n" + old
    write_keys, batches = retention._write_keys, iter(range(60))

    def dies(*args: object) -> None:
        if next(batches, None) is None:
            raise SystemExit
        write_keys(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(retention, "_write_keys", dies)
        with pytest.raises(SystemExit):
            harness.run_job("renew_document_keys")
    newest = harness.service._settings.documents.envelope.keys.newest_id
    assert _under(harness, newest) == 60 * 500

    harness.run_job("renew_document_keys")

    assert _under(harness, newest) == count
    harness.document_keys = new
    with harness.database.system() as db:
        some = db.scalars(select(IdentityDocument).limit(100)).all()
        envelope = harness.service._settings.documents.envelope
        keys = {envelope.unwrap(row.wrapped_key or b"", row.month) for row in some}
    assert keys == {b"k" * 32}


def _opens(key: Fernet, data: bytes) -> bool:
    try:
        key.decrypt(data)
    except Exception:  # noqa: BLE001
        return False
    return True


def _under(harness: IdentityHarness, key_id: str) -> int:
    with harness.database.system() as db:
        return db.scalars(
            select(func.count())
            .select_from(IdentityDocument)
            .where(IdentityDocument.key_id == key_id)
        ).one()


def _add_documents(harness: IdentityHarness, sender: Sender, count: int) -> None:
    """Add approved documents."""
    now = harness.clock.now()
    month = harness.service._settings.documents.envelope.months.make("2026-05")
    keys = Fernet(harness.document_keys)
    common = {
        "user_id": sender.session.user.id,
        "subject_id": sender.session.user.id,
        "step": STEP,
        "document_type": documents.DocumentType.PASSPORT,
        "state": DocumentState.APPROVED,
        "begun_at": now,
        "expires_at": now,
        "deleted_on": now.date() + 90 * A_DAY,
        "key_id": "of before",
        "month": "2026-05",
        "has_raw": False,
        "has_remade": True,
    }
    wrapped = keys.encrypt(month.encrypt(b"k" * 32))
    table = sa.inspect(IdentityDocument).local_table
    given = {"wrapped_key": wrapped, **common}
    names, values = (
        ["id", *given],
        [sa.literal(given[n], table.c[n].type) for n in given],
    )
    numbers = sa.select(sa.func.gen_random_uuid(), *values).select_from(
        sa.func.generate_series(1, count)
    )
    with harness.database.system() as db:
        db.execute(sa.insert(IdentityDocument).from_select(names, numbers))
