"""Sending a document, before an identity that answers as the test says."""

import hashlib
import io
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.contracts.identity.people import GET_ACCOUNT, Account, VerificationStep
from shared.contracts.identity.verification import documents
from shared.contracts.identity.verification.documents import (
    BEGIN_DOCUMENT,
    CANCEL_DOCUMENT,
    FINISH_DOCUMENT,
    GET_DOCUMENTS,
    MAX_BYTES,
    Document,
    DocumentState,
    DocumentType,
    DocumentUpload,
    associated_data,
    raw_name,
)
from shared.errors import Conflict, Unavailable
from shared.sealed_stream import unseal
from shared.storage.folder import FolderStorage
from tests.fixtures.fake_services import FakeServices
from tests.fixtures.installations import csrf_token
from tests.fixtures.web.pages import HTMX
from tests.fixtures.web.uploads import ADDRESS, send_document
from web.page.context import EXTENSION
from web.verification import storing

ID, SUBJECT = UUID(int=7), UUID(int=8)
KEY = b"k" * 32
_NOW = datetime(2026, 11, 30, tzinfo=UTC)
PHOTO = b"\xff\xd8\xff" + b"photo" * 40_000


def _document(state: DocumentState) -> Document:
    return Document(
        id=ID,
        user_id=SUBJECT,
        company_id=None,
        step=VerificationStep.IDENTITY_DOCUMENT,
        document_type=DocumentType.PASSPORT,
        state=state,
        reason="",
        note="",
        file_name="passport.jpg",
        begun_at=_NOW,
        sent_at=_NOW,
        decided_at=None,
        deleted_on=None,
    )


class Identity:
    """What it was asked, and where the documents lie."""

    def __init__(self, fake: FakeServices, folder: Path) -> None:
        self.fake = fake
        self.folder = folder
        self.storage = FolderStorage(folder)
        self.began: list[documents.BeginDocument] = []
        self.finished: list[documents.FinishDocument] = []
        self.cancelled: list[documents.CancelDocument] = []
        self.known: list[Document] = []
        fake.answers[str(BEGIN_DOCUMENT)] = self.begin
        fake.answers[str(FINISH_DOCUMENT)] = self.finish
        fake.answers[str(CANCEL_DOCUMENT)] = self.cancelled.append
        fake.answers[str(GET_DOCUMENTS)] = lambda _: documents.Documents(
            documents=self.known
        )
        fake.answers[str(GET_ACCOUNT)] = lambda _: Account(
            user=fake.session("").user,
            created_at=_NOW,
            password_changed_at=_NOW,
            verifications=[],
            memberships=[],
        )

    def begin(self, request: documents.BeginDocument) -> DocumentUpload:
        self.began.append(request)
        return DocumentUpload(
            document_id=ID,
            subject_id=SUBJECT,
            data_key=b64encode(KEY).decode(),
            expires_at=self.fake.clock.now() + timedelta(minutes=10),
        )

    def finish(self, request: documents.FinishDocument) -> Document:
        self.finished.append(request)
        self.known = [_document(DocumentState.CHECKING)]
        return self.known[0]


@pytest.fixture
def identity(answered_app: Flask, billing: FakeServices, tmp_path: Path) -> Identity:
    made = Identity(billing, tmp_path / "documents")
    context = answered_app.extensions[EXTENSION]
    answered_app.extensions[EXTENSION] = replace(context, document_storage=made.storage)
    return made


def send(
    browser: FlaskClient,
    content: bytes = PHOTO,
    name: str = "passport.jpg",
    **more: str,
) -> TestResponse:
    return send_document(browser, content, name, more)


def test_a_document_is_encrypted_into_the_storage(identity: Identity) -> None:
    answer = send(identity.fake.browser(), name="../../etc/my passport.jpg")

    assert answer.status_code == 303
    assert answer.location.endswith("/account/verification#identity_document")
    assert identity.began == [
        documents.BeginDocument(
            step=VerificationStep.IDENTITY_DOCUMENT,
            document_type=DocumentType.PASSPORT,
        )
    ]
    (finished,) = identity.finished
    assert finished.size == len(PHOTO)
    assert finished.sha256 == hashlib.sha256(PHOTO).hexdigest()
    assert finished.file_name == "my passport.jpg"
    assert not identity.cancelled
    name = raw_name(ID)
    sealed = b"".join(identity.storage.read(name))
    assert b"photo" not in sealed
    context = associated_data(name, SUBJECT)
    assert b"".join(unseal(KEY, context, [sealed])) == PHOTO


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 3 * MAX_BYTES])
def test_a_file_that_is_too_large_is_not_kept(identity: Identity, size: int) -> None:
    answer = send(identity.fake.browser(), b"x" * size)

    assert answer.status_code == 422
    assert "field-file-error" in answer.text
    assert not identity.finished
    assert [it.document_id for it in identity.cancelled] == [ID]
    assert not list(identity.folder.rglob("*7*"))


@pytest.mark.parametrize(
    ("name", "more", "status"),
    [
        ("", {}, 422),
        ("x.jpg", {"document_type": "a joke"}, 422),
        ("x.jpg", {"step": "phone"}, 404),
        ("x.jpg", {"csrf_token": "forged"}, 303),
        ("x.jpg", {"csrf_token": ""}, 303),
    ],
)
def test_what_comes_before_the_file_decides_whether_it_is_read(
    identity: Identity, name: str, more: dict[str, str], status: int
) -> None:
    answer = send(identity.fake.browser(), b"x", name, **more)

    assert answer.status_code == status
    assert not identity.began


def test_a_person_who_is_not_signed_in_is_asked_to(identity: Identity) -> None:
    browser = identity.fake.browser()
    token = csrf_token(browser, ADDRESS)
    identity.fake.session_has_ended = True
    ended = browser.post(
        ADDRESS, data={"csrf_token": token, "file": (io.BytesIO(PHOTO), "x.jpg")}
    )
    nobody = browser.application.test_client().post(ADDRESS, data={"file": "x"})

    assert ended.status_code == nobody.status_code == 303
    assert "/login" in ended.location
    assert "/login" in nobody.location
    assert not identity.began


def test_a_form_that_is_none_or_breaks_off_is_refused(identity: Identity) -> None:
    browser = identity.fake.browser()
    address = ADDRESS + "?step=identity_document"
    assert browser.post(address, data={"step": "x"}).status_code == 422
    body = b'--e\r\nContent-Disposition: form-data; name="step"\r\n\r\nidentity'
    broken = browser.post(
        address, data=body, content_type="multipart/form-data; boundary=e"
    )

    assert broken.status_code == 422
    assert not identity.began


@pytest.mark.parametrize(
    "refusal",
    [
        Conflict("document_upload_running", parameters={"retry_after_s": 9}),
        Conflict("document_in_review"),
        Unavailable("service_unreachable", "identity"),
    ],
)
def test_what_identity_refuses_is_said_at_the_form(
    identity: Identity, refusal: Exception
) -> None:
    def refuse(_request: object) -> None:
        raise refusal

    identity.fake.answers[str(BEGIN_DOCUMENT)] = refuse
    answer = send(identity.fake.browser())

    assert answer.status_code == getattr(refusal, "http_status", 0)
    assert "form-error" in answer.text
    assert not list(identity.folder.rglob("*"))


def test_the_upload_is_given_up_where_the_storage_fails(identity: Identity) -> None:
    identity.folder.write_bytes(b"a file is no folder")

    answer = send(identity.fake.browser())

    assert answer.status_code == 503
    assert [it.document_id for it in identity.cancelled] == [ID]


def test_each_process_takes_two_at_a_time(identity: Identity) -> None:
    browser = identity.fake.browser()
    with storing.slot(UUID(int=1)), storing.slot(UUID(int=2)):
        assert send(browser).status_code == 503
    assert send(browser).status_code == 303


def test_while_one_is_sent_the_page_takes_no_other(identity: Identity) -> None:
    identity.known = [_document(DocumentState.UPLOADING)]

    page = identity.fake.browser().get(ADDRESS)

    assert 'data-state="uploading"' in page.text
    assert 'name="file"' not in page.text


def test_one_person_takes_one_place_alone(identity: Identity) -> None:
    browser = identity.fake.browser()
    with storing.slot(identity.fake.session("").user.id):
        assert send(browser).status_code == 409
    assert identity.began == []
    assert send(browser).status_code == 303


def test_the_page_follows_what_becomes_of_it(identity: Identity) -> None:
    browser = identity.fake.browser()
    state = f"{ADDRESS}/state?step=identity_document&state=checking"
    identity.known = [_document(DocumentState.CHECKING)]
    same = browser.get(state, headers=HTMX)
    identity.known = [_document(DocumentState.IN_REVIEW)]
    changed = browser.get(state, headers=HTMX)

    assert same.status_code == 204
    assert changed.headers["HX-Refresh"] == "true"
