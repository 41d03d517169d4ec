"""Operators see documents, and what they saw is gone once they have decided."""

import base64
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner, Result

from cli.commands.verification import verification
from shared.contract import Request, Response
from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.verification import documents
from shared.sealed_stream import new_key, seal
from shared.storage.folder import FolderStorage

ID, USER, COMPANY = map(UUID, (f"{number:032x}" for number in (1, 2, 3)))
KEY, AT = new_key(), datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DOCUMENT = documents.Document(
    id=ID,
    user_id=USER,
    company_id=COMPANY,
    step=VerificationStep.COMPANY_DOCUMENT,
    document_type=documents.DocumentType.REGISTER_EXTRACT,
    state=documents.DocumentState.IN_REVIEW,
    reason="",
    note="",
    file_name="extract.pdf",
    begun_at=AT,
    sent_at=AT,
    decided_at=None,
    deleted_on=date(2026, 5, 30),
)


class _Services:
    """Answers as identity does, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def call(self, _method: object, request: Request) -> Response:
        self.asked.append(request)
        match request:
            case documents.ListDocumentsInReview():
                return documents.DocumentsInReview(documents=[_REVIEWED], next=None)
            case documents.ViewDocument():
                return documents.DocumentView(
                    document_id=ID,
                    user_id=USER,
                    company_id=COMPANY,
                    step=DOCUMENT.step,
                    document_type=DOCUMENT.document_type,
                    data_key=base64.b64encode(KEY).decode(),
                )
            case _:
                return DOCUMENT


_REVIEWED = documents.ReviewedDocument(
    document=DOCUMENT,
    email="ada@example.com",
    name="Ada",
    company_name="Engines Ltd",
    address=["1 Main Street", "10115 Berlin"],
    country="DE",
)


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Services:
    monkeypatch.setattr(subprocess, "Popen", lambda *_words, **_options: None)
    monkeypatch.setenv("VAR", str(tmp_path))
    name = documents.remade_name(ID)
    context = documents.associated_data(name, COMPANY)
    content = msgspec.msgpack.encode([b"first page", b"second page"])
    sealed = seal(KEY, context, [content])
    FolderStorage(tmp_path / "identity-documents").write(name, sealed)
    return _Services()


def _run(services: _Services, *words: str) -> Result:
    return CliRunner().invoke(verification, words, obj=services)


def test_what_waits_is_listed_with_what_it_must_agree_with(
    services: _Services,
) -> None:
    listed = _run(services, "list").stdout

    for each in (str(ID), "register_extract", "Engines Ltd", "10115 Berlin", "DE"):
        assert each in listed


@pytest.mark.parametrize(
    "decision",
    [
        ("approve", str(ID), "--expires", "2030-01-31"),
        ("reject", str(ID), "--reason", "other", "--note", "No."),
    ],
    ids=lambda words: words[0],
)
def test_a_viewed_document_is_gone_once_it_is_decided(
    services: _Services, tmp_path: Path, decision: tuple[str, ...]
) -> None:
    folder = tmp_path / "review"
    viewed = _run(services, "view", str(ID), "--to", str(folder))
    assert viewed.exit_code == 0, viewed.output
    pages = [Path(line) for line in viewed.stdout.splitlines()]
    assert [page.read_bytes() for page in pages] == [b"first page", b"second page"]

    assert _run(services, *decision).exit_code == 0

    assert list(folder.iterdir()) == []
    match services.asked[-1]:
        case documents.ApproveDocument(valid_until=day):
            assert day == date(2030, 1, 31)
        case documents.RejectDocument(reason=reason, note=note):
            assert (reason, note) == (documents.RejectionReason.OTHER, "No.")


def test_a_document_that_was_changed_in_the_storage_is_not_shown(
    services: _Services, tmp_path: Path
) -> None:
    stored = tmp_path / "identity-documents" / documents.remade_name(ID)
    stored.write_bytes(stored.read_bytes()[:-1])

    viewed = _run(services, "view", str(ID), "--to", str(tmp_path / "review"))

    assert viewed.exit_code == 1
    assert "damaged" in viewed.stderr
    assert not (tmp_path / "review").exists()
