"""What people send: each kind of file gets its own sentence, and none is kept raw."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from launcher.servers.databases import SERVICES
from launcher.servers.postgres import PostgresServer
from shared.contracts.identity.verification import documents
from shared.contracts.identity.verification.documents import FileRefusal
from shared.language.document_reasons import document_reason
from shared.storage.settings import FOLDER
from tests.fixtures.databases import fresh_database
from tests.fixtures.identity import files
from tests.fixtures.installations import Installation, installation, sign_in
from tests.fixtures.web.customer_site import text_of
from tests.fixtures.web.pages import HTMX
from tests.fixtures.web.uploads import ADDRESS, send_document

CENTER = "/account/verification"

_people = count(1)


@pytest.fixture(scope="module")
def site(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(fresh_database(postgres_server, name))
            for name in SERVICES
        }
        folder: Path = tmp_path_factory.mktemp("site")
        yield stack.enter_context(installation(urls, folder))


@pytest.fixture
def browser(site: Installation) -> FlaskClient:
    """Somebody who has sent nothing yet."""
    email = f"person-{next(_people)}@example.com"
    site.customer(email, f"Company of {email}")
    return sign_in(site.app(), email)


def kept(site: Installation, part: str) -> int:
    folder = site.var / FOLDER / part
    return len(list(folder.iterdir())) if folder.exists() else 0


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("passport.jpg", files.docx(), FileRefusal.WRONG_TYPE),
        (
            "drawing.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            FileRefusal.WRONG_TYPE,
        ),
        ("passport.jpg", files.EICAR, FileRefusal.WRONG_TYPE),
        ("a.png", files.large_png(30_000, 30_000), FileRefusal.TOO_MANY_PIXELS),
        ("a.pdf", files.pdf(password="secret"), FileRefusal.ENCRYPTED),
        ("a.pdf", files.pdf(pages=11), FileRefusal.TOO_MANY_PAGES),
        ("a.jpg", files.photo()[:400], FileRefusal.DAMAGED),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_a_file_that_can_t_be_used_is_refused_with_its_reason(
    site: Installation,
    browser: FlaskClient,
    name: str,
    content: bytes,
    refusal: FileRefusal,
) -> None:
    before = kept(site, "remade")

    assert send_document(browser, content, name).status_code == 303
    site.run_job("check_documents")

    page = browser.get(ADDRESS)
    assert document_reason(refusal.value) in text_of(page)
    assert 'name="file"' in page.text
    assert kept(site, "raw") == 0
    assert kept(site, "remade") == before


def test_the_page_follows_the_operators_decision(
    site: Installation, browser: FlaskClient
) -> None:
    state = f"{ADDRESS}/state?step=identity_document&state=in_review"
    for decide in (_reject, _approve):
        send_document(browser, files.photo())
        site.run_job("check_documents")
        assert browser.get(state, headers=HTMX).status_code == 204
        *_, waiting = site.operator.call(
            documents.LIST_DOCUMENTS_IN_REVIEW, documents.ListDocumentsInReview()
        ).documents
        decide(site, waiting.document.id)
        assert browser.get(state, headers=HTMX).headers["HX-Refresh"]
        page, center = browser.get(ADDRESS), browser.get(CENTER)
        for shown in (page, center):
            assert f'data-state="{decide.__name__[1:]}' in shown.text

    assert 'name="file"' not in page.text
    assert f"{ADDRESS}?step=identity_document" not in center.text
    assert send_document(browser, files.photo()).status_code == 409


def _reject(site: Installation, document_id: UUID) -> None:
    reason = documents.RejectionReason.NAME_DIFFERS
    site.operator.call(
        documents.REJECT_DOCUMENT,
        documents.RejectDocument(document_id=document_id, reason=reason, note="A note"),
    )


def _approve(site: Installation, document_id: UUID) -> None:
    site.operator.call(
        documents.APPROVE_DOCUMENT, documents.ApproveDocument(document_id=document_id)
    )


@pytest.mark.parametrize(
    "content",
    [
        files.photo(),
        files.polyglot(),
        files.active_pdf(),
        pytest.param(files.unfolding_pdf(), marks=pytest.mark.full),
    ],
    ids=["photo", "polyglot", "pdf-with-script", "unfolding-pdf"],
)
def test_a_file_that_can_be_used_is_kept_as_images_alone(
    site: Installation, browser: FlaskClient, content: bytes
) -> None:
    assert send_document(browser, content, "/etc/../my passport.pdf").status_code == 303
    checking = browser.get(ADDRESS)
    site.run_job("check_documents")

    page = browser.get(ADDRESS)
    assert 'data-state="checking"' in checking.text
    assert 'data-state="in_review"' in page.text or 'data-state="refused"' in page.text
    assert ">my passport.pdf<" in checking.text
    assert kept(site, "raw") == 0
