"""Documents that people send: from the upload to the decision."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from services.identity.documents.uploads import LIFETIME, MOST_A_DAY
from services.identity.models.notices import Notice
from services.identity.models.verification import Verification
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.verification import documents
from shared.contracts.identity.verification.documents import (
    DocumentState,
    FileRefusal,
    RejectionReason,
    raw_name,
    remade_name,
)
from shared.errors import Conflict, Forbidden, InvalidInput, NotFound, Throttled
from tests.fixtures.identity import files
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.sent_documents import STEP, Sender, approve, view
from tests.fixtures.identity.steps import step_of
from tests.fixtures.identity.trail import acts_in

ALICE, BOB = "alice@example.com", "bob@example.com"
COMPANY = VerificationStep.COMPANY_DOCUMENT


@pytest.fixture
def alice(harness: IdentityHarness, tmp_path: Path) -> Sender:
    return Sender.new(harness, ALICE, tmp_path / "months")


def _step(sender: Sender, step: VerificationStep = STEP) -> Verification:
    session = sender.session
    subject = session.company_id if step is COMPANY else session.user.id
    assert subject
    return step_of(sender.harness, subject, step)


def _told(harness: IdentityHarness) -> list[tuple[NoticeKind, str]]:
    kinds = (
        NoticeKind.VERIFICATION_DOCUMENT_APPROVED,
        NoticeKind.VERIFICATION_DOCUMENT_REJECTED,
    )
    with harness.database.system() as db:
        told = db.scalars(
            select(Notice)
            .where(Notice.kind.in_(kinds), Notice.channel == Channel.PAGE)
            .order_by(Notice.position)
        )
        return [(each.kind, each.parameters["reason"]) for each in told]


def test_sending_and_viewing_leave_an_act_each(
    harness: IdentityHarness, alice: Sender
) -> None:
    view(harness, alice.send().id)

    (sent,) = acts_in(harness.database, "finish_document")
    (viewed,) = acts_in(harness.database, "view_document")
    for act in (sent, viewed):
        assert act.body.user_id == alice.session.user.id
        assert act.body.recorded["step"] == STEP.value
    assert (sent.body.actor_kind, viewed.body.actor_kind) == ("user", "operator")


def test_a_document_is_checked_and_approved(
    harness: IdentityHarness, alice: Sender
) -> None:
    upload = alice.begin()
    content = files.photo()
    alice.store(upload, content)
    assert alice.finish(upload, content, "C:\\scans\\..\\my id.jpg").state is (
        DocumentState.CHECKING
    )
    assert _step(alice).state is VerificationState.PENDING

    harness.run_job("check_documents")

    document = alice.last()
    assert document.state is DocumentState.IN_REVIEW
    assert document.file_name == "my id.jpg"
    assert list(harness.storage.files) == [remade_name(document.id)]
    assert b"planted marker" not in view(harness, document.id)[0]
    decided = approve(harness, document.id)
    assert decided.deleted_on == (harness.clock.now() + timedelta(days=90)).date()
    assert _step(alice).state is VerificationState.VERIFIED
    assert _told(harness) == [(NoticeKind.VERIFICATION_DOCUMENT_APPROVED, "")]
    with pytest.raises(Conflict) as refused:
        alice.begin()
    assert refused.value.code == "already_verified"


def test_a_step_expires_with_its_document(
    harness: IdentityHarness, alice: Sender
) -> None:
    document = alice.send()

    def decide(day: date) -> None:
        request = documents.ApproveDocument(document_id=document.id, valid_until=day)
        operator = harness.principals.operator()
        harness.call(documents.APPROVE_DOCUMENT, request, operator)

    with pytest.raises(InvalidInput) as refused:
        decide(date(2020, 1, 1))
    assert refused.value.code == "bad_day"
    decide(date(2031, 4, 30))
    assert _step(alice).valid_until == datetime(2031, 5, 1, tzinfo=UTC)


def test_a_rejected_document_says_why_and_another_one_can_follow(
    harness: IdentityHarness, alice: Sender
) -> None:
    document = alice.send()
    operator = harness.principals.operator()

    def reject(reason: RejectionReason, note: str = "") -> None:
        request = documents.RejectDocument(
            document_id=document.id, reason=reason, note=note
        )
        harness.call(documents.REJECT_DOCUMENT, request, operator)

    with pytest.raises(InvalidInput) as refused:
        reject(RejectionReason.OTHER)
    assert refused.value.code == "reason_missing"
    reject(RejectionReason.UNREADABLE, "The number is covered.")
    with pytest.raises(Conflict) as again:
        reject(RejectionReason.UNREADABLE)
    assert again.value.code == "document_not_in_review"
    step = _step(alice)
    assert (step.state, step.reason_code, step.reason) == (
        VerificationState.REJECTED,
        "unreadable",
        "The number is covered.",
    )
    assert _told(harness) == [(NoticeKind.VERIFICATION_DOCUMENT_REJECTED, "unreadable")]
    assert alice.send().state is DocumentState.IN_REVIEW


def test_a_file_that_cannot_be_used_leaves_nothing(
    harness: IdentityHarness, alice: Sender
) -> None:
    document = alice.send(files.pdf(password="secret"))

    assert document.state is DocumentState.REFUSED
    assert document.reason == FileRefusal.ENCRYPTED.value
    assert harness.storage.files == {}
    assert alice.row(document.id).wrapped_key is None
    step = _step(alice)
    assert (step.state, step.reason_code) == (VerificationState.REJECTED, "encrypted")
    assert alice.send().state is DocumentState.IN_REVIEW


@pytest.mark.parametrize("what", ["missing", "changed", "another's"])
def test_only_what_web_saw_is_taken(
    harness: IdentityHarness, alice: Sender, what: str
) -> None:
    upload, content = alice.begin(), files.photo()
    if what == "changed":
        alice.store(upload, content + b" ")
    if what == "another's":
        harness.storage.files[raw_name(upload.document_id)] = b"\1" * 1000
    alice.finish(upload, content)

    harness.run_job("check_documents")

    assert alice.last().reason == FileRefusal.UPLOAD_DIFFERS.value
    assert harness.storage.files == {}


def test_a_check_waits_while_the_storage_is_down(
    harness: IdentityHarness, alice: Sender
) -> None:
    upload, content = alice.begin(), files.photo()
    alice.store(upload, content)
    alice.finish(upload, content)
    harness.storage.is_down = True
    for _ in range(5):
        harness.run_job("check_documents")
        assert alice.last().state is DocumentState.CHECKING
        harness.clock.move(timedelta(minutes=1))

    harness.storage.is_down = False
    harness.run_job("check_documents")

    assert alice.last().state is DocumentState.IN_REVIEW


def test_a_file_that_kills_its_check_is_refused_in_the_end(
    harness: IdentityHarness, alice: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, content = alice.begin(), files.photo()
    alice.store(upload, content)
    alice.finish(upload, content)

    def dies(*_args: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("services.identity.documents.checking.remake", dies)
        for _ in range(3):
            with pytest.raises(SystemExit):
                harness.run_job("check_documents")
            harness.run_job("check_documents")  # it is claimed still
            harness.clock.move(timedelta(minutes=10))
        harness.run_job("check_documents")

    assert alice.last().reason == FileRefusal.TOO_COMPLEX.value
    assert harness.storage.files == {}


def test_one_upload_at_a_time(harness: IdentityHarness, alice: Sender) -> None:
    first = alice.begin()
    with pytest.raises(Conflict) as refused:
        alice.begin(COMPANY)
    assert refused.value.code == "document_upload_running"
    assert refused.value.parameters == {"retry_after_s": LIFETIME.total_seconds()}
    alice.store(first, b"half of it")
    harness.clock.move(LIFETIME)
    second = alice.begin()
    with pytest.raises(Conflict) as ended:
        alice.finish(first, b"half of it")
    assert ended.value.code == "document_upload_ended"

    harness.clock.move(3 * LIFETIME)  # web is not writing any more
    harness.run_job("delete_old_documents")

    assert harness.storage.files == {}
    assert alice.row(second.document_id).wrapped_key is None
    assert not alice.row(first.document_id).has_raw


def test_an_upload_that_failed_makes_room_for_another(
    harness: IdentityHarness, alice: Sender
) -> None:
    for _ in range(MOST_A_DAY.most):
        request = documents.CancelDocument(document_id=alice.begin().document_id)
        harness.call(documents.CANCEL_DOCUMENT, request, alice.principal)

    with pytest.raises(Throttled) as refused:
        alice.begin()
    assert refused.value.code == "too_many_documents"


def test_a_finished_upload_can_be_sent_again_but_not_replaced(
    alice: Sender,
) -> None:
    upload, content = alice.begin(), files.photo()
    alice.store(upload, content)
    first = alice.finish(upload, content)

    assert alice.finish(upload, content) == first
    with pytest.raises(Conflict):
        alice.finish(upload, content + b" ")
    with pytest.raises(Conflict) as refused:
        alice.begin()
    assert refused.value.code == "document_in_review"


@pytest.mark.parametrize(
    ("sha256", "size", "code"),
    [
        ("0" * 64, 0, "document_empty"),
        ("0" * 64, documents.MAX_BYTES + 1, "document_too_large"),
        ("0" * 63, 1, "bad_document_hash"),
    ],
)
def test_what_web_says_of_a_file_is_checked(
    harness: IdentityHarness, alice: Sender, sha256: str, size: int, code: str
) -> None:
    request = documents.FinishDocument(
        document_id=alice.begin().document_id, sha256=sha256, size=size
    )
    with pytest.raises(InvalidInput) as refused:
        harness.call(documents.FINISH_DOCUMENT, request, alice.principal)
    assert refused.value.code == code


def test_a_step_takes_its_own_documents_only(
    harness: IdentityHarness, alice: Sender
) -> None:
    request = documents.BeginDocument(
        step=COMPANY, document_type=documents.DocumentType.PASSPORT
    )
    with pytest.raises(InvalidInput) as refused:
        harness.call(documents.BEGIN_DOCUMENT, request, alice.principal)
    assert refused.value.code == "wrong_document_type"


def test_a_company_document_is_for_who_may_change_the_company(
    harness: IdentityHarness, alice: Sender
) -> None:
    bob = harness.add_user(BOB)
    company_id = alice.session.company_id
    assert company_id
    harness.add_member(company_id, bob.id, Role.VIEWER)
    viewer = Sender(harness, harness.log_in(BOB), Role.VIEWER)

    with pytest.raises(Forbidden):
        viewer.begin(COMPANY)
    upload, content = alice.begin(COMPANY), files.pdf(pages=2)
    alice.store(upload, content)
    alice.finish(upload, content)
    harness.run_job("check_documents")
    document = alice.last(COMPANY)
    assert document.company_id == company_id
    own = harness.call(
        documents.GET_DOCUMENTS, documents.GetDocuments(), viewer.principal
    )
    assert own.documents == []
    assert len(view(harness, document.id)) == 2
    approve(harness, document.id)
    assert _step(alice, COMPANY).state is VerificationState.VERIFIED


def test_nobody_finishes_anothers_upload(
    harness: IdentityHarness, alice: Sender
) -> None:
    upload = alice.begin()
    harness.add_owner(BOB, "Borealis")
    bob = Sender(harness, harness.log_in(BOB))

    with pytest.raises(NotFound) as refused:
        bob.finish(upload, b"x")
    assert refused.value.code == "no_such_upload"


def test_operators_see_what_waits_and_what_it_has_to_agree_with(
    harness: IdentityHarness, alice: Sender
) -> None:
    operator = harness.principals.operator()
    first = alice.send()
    harness.clock.move(timedelta(seconds=1))
    upload, content = alice.begin(COMPANY), files.pdf()
    alice.store(upload, content)
    alice.finish(upload, content)
    harness.run_job("check_documents")

    request = documents.ListDocumentsInReview(limit=1)
    page = harness.call(documents.LIST_DOCUMENTS_IN_REVIEW, request, operator)
    (one,) = page.documents
    assert (one.document.id, one.email, one.company_name) == (first.id, ALICE, "")
    request = documents.ListDocumentsInReview(limit=1, cursor=page.next)
    page = harness.call(documents.LIST_DOCUMENTS_IN_REVIEW, request, operator)
    (other,) = page.documents
    assert (other.company_name, other.address, other.country) == (
        "Aurora",
        ["Berlin"],
        "DE",
    )
    assert page.next is None
