"""Files are searched for viruses where a provider runs clamd."""

from pathlib import Path

import pytest

from services.identity.documents.virus_scan import (
    Scanner,
    ScannerUnavailableError,
    read_scanner,
)
from shared.contracts.identity.verification.documents import (
    DocumentState,
    FileRefusal,
)
from shared.settings import SettingError
from tests.fixtures.identity import files
from tests.fixtures.identity.clamd import clamd
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.sent_documents import Sender


def test_a_virus_is_refused_and_the_scanner_is_never_skipped(
    harness: IdentityHarness, tmp_path: Path
) -> None:
    with clamd() as harness.scanner:
        alice = Sender.new(harness, "alice@example.com", tmp_path)
        assert alice.send(files.photo() + files.EICAR).reason == (
            FileRefusal.VIRUS.value
        )
        assert harness.storage.files == {}
        assert alice.send(files.photo()).state is DocumentState.IN_REVIEW

    harness.add_owner("bob@example.com", "Borealis")
    bob = Sender(harness, harness.log_in("bob@example.com"))
    assert bob.send().state is DocumentState.CHECKING


def test_what_is_no_answer_about_the_file_is_none() -> None:
    with pytest.raises(ScannerUnavailableError):
        Scanner("/nowhere/clamd.sock").finds_virus([b"x"])


def test_its_address_is_read() -> None:
    assert read_scanner("tcp://scanner") == Scanner(("scanner", 3310))
    assert read_scanner("unix:///run/clamd.sock") == Scanner("/run/clamd.sock")
    with pytest.raises(SettingError):
        read_scanner("scanner:3310")
