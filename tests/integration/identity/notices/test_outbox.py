"""Mails from a notice to a mail server, which may fail."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from services.identity.mailed_links import make_link
from services.identity.models.mailed_links import LinkKind
from services.identity.models.notices import Notice, NoticeFile
from services.identity.notices.notify import Subject, notify
from services.identity.notices.outbox import GIVEN_UP_AFTER, TAKEN_FOR
from services.identity.notices.postboxes import read_mail_server
from services.identity.people import users
from shared.contracts.identity.notices import (
    LIST_FAILED_NOTICES,
    Channel,
    ListFailedNotices,
    NoticeKind,
)
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.certificates import self_signed
from tests.fixtures.hashing import QUICK_HASHER
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.mail_server import MailServer, mail_server

EMAIL = "alice@example.com"
SUBJECT = Subject(NoticeKind.PASSWORD_CHANGED, "cause-1")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def sender(harness: IdentityHarness, server: MailServer) -> IdentityHarness:
    """An identity service that sends, with one person to send to."""
    send_by(harness, server.url)
    harness.add_owner(EMAIL, "Aurora")
    return harness


def send_by(harness: IdentityHarness, url: str) -> None:
    harness.start(QUICK_HASHER, read_mail_server(url, "clients.example.com"))


def tell(harness: IdentityHarness, subject: Subject = SUBJECT) -> None:
    harness.tell(EMAIL, subject)


def mail_of(harness: IdentityHarness) -> Notice:
    with harness.database.system() as db:
        mails = Notice.channel == Channel.MAIL
        return db.scalars(select(Notice).where(mails)).one()


def test_a_notice_is_mailed_once(sender: IdentityHarness, server: MailServer) -> None:
    for _ in range(2):
        tell(sender)
        sender.run_job("send_mails")

    (mail,) = server.mails
    assert mail["To"] == EMAIL
    assert mail["Auto-Submitted"] == "auto-generated"
    row = mail_of(sender)
    assert mail["Message-ID"] == f"<{row.id}@clients.example.com>"
    assert row.sent_at == sender.clock.now()


def test_a_mail_that_is_refused_is_sent_again_with_its_message_id(
    sender: IdentityHarness, server: MailServer
) -> None:
    server.refusal = "450 greylisted"
    tell(sender)
    sender.run_job("send_mails")
    assert mail_of(sender).failure == "450"
    server.refusal = ""

    sender.run_job("send_mails")
    assert server.mails == []
    sender.clock.move(timedelta(minutes=1))
    sender.run_job("send_mails")
    # As after a crash between the server's answer and our note of it.
    with sender.database.system() as db:
        notice = db.get_one(Notice, mail_of(sender).id)
        notice.sent_at, notice.next_attempt_at = None, sender.clock.now()
    sender.run_job("send_mails")

    first, again = server.mails
    assert first["Message-ID"] == again["Message-ID"]


def test_an_address_that_is_refused_permanently_is_tried_once(
    sender: IdentityHarness, server: MailServer
) -> None:
    server.refusal = "550 no such mailbox"
    tell(sender)
    sender.run_job("send_mails")

    row = mail_of(sender)
    assert (row.failure, row.attempts) == ("550", 1)
    assert (row.given_up_at, row.next_attempt_at) == (sender.clock.now(), None)


def test_a_mail_that_another_process_sends_is_left_to_it(
    sender: IdentityHarness, server: MailServer
) -> None:
    tell(sender)
    with sender.database.system() as db:
        db.scalars(select(Notice).with_for_update()).all()
        sender.run_job("send_mails")
    assert server.mails == []
    with sender.database.system() as db:
        taken = db.get_one(Notice, mail_of(sender).id)
        taken.next_attempt_at = sender.clock.now() + TAKEN_FOR

    sender.run_job("send_mails")
    assert server.mails == []
    sender.clock.move(TAKEN_FOR)
    sender.run_job("send_mails")
    assert len(server.mails) == 1


def test_a_mail_is_given_up_after_days_and_operators_see_it(
    sender: IdentityHarness, server: MailServer
) -> None:
    server.refusal = "550 no such mailbox"
    tell(sender)
    for _ in range(2):
        sender.run_job("send_mails")
        sender.clock.move(GIVEN_UP_AFTER)
    sender.run_job("send_mails")

    assert server.mails == []
    (failed,) = sender.call(
        LIST_FAILED_NOTICES, ListFailedNotices(), sender.principals.operator()
    ).notices
    assert (failed.address, failed.failure) == (EMAIL, "550")
    assert failed.kind is NoticeKind.PASSWORD_CHANGED


def test_a_server_that_is_away_keeps_mails_waiting(harness: IdentityHarness) -> None:
    harness.add_owner(EMAIL, "Aurora")
    with mail_server() as gone:
        url = gone.url
    send_by(harness, url)
    tell(harness)
    harness.run_job("send_mails")

    row = mail_of(harness)
    assert row.failure == "ConnectionRefusedError"
    assert row.next_attempt_at == harness.clock.now() + timedelta(minutes=1)


def test_an_address_that_the_server_cannot_take_holds_up_no_other(
    harness: IdentityHarness,
) -> None:
    """RFC 6531: an address outside of ASCII needs a server with SMTPUTF8."""
    harness.add_owner("jörg@example.com", "Borealis")
    harness.add_owner(EMAIL, "Aurora")
    with mail_server(enable_SMTPUTF8=False) as server:
        send_by(harness, server.url)
        harness.tell("jörg@example.com", SUBJECT)
        tell(harness)
        harness.run_job("send_mails")

    assert [mail["To"] for mail in server.mails] == [EMAIL]
    with harness.database.system() as db:
        waiting = db.scalars(select(Notice).where(Notice.next_attempt_at.is_not(None)))
        assert [it.failure for it in waiting] == ["SMTPNotSupportedError"]


def test_a_link_that_has_expired_is_not_mailed(
    sender: IdentityHarness, server: MailServer
) -> None:
    with sender.database.system() as db:
        user = users.find_user_by_email(db, EMAIL)
        assert user is not None
        call = Call(system("test"), "request", sender.clock.now())
        change = Change(db, sender.service.runtime, call)
        link = make_link(
            change, LinkKind.RESET_PASSWORD, user.id, timedelta(minutes=10)
        )
        parameters = {"link_id": str(link.id)}
        about = Subject(NoticeKind.PASSWORD_RESET_ASKED, str(link.id), parameters)
        notify(change, user, about)
    sender.clock.move(timedelta(minutes=10))
    sender.run_job("send_mails")

    assert server.mails == []
    assert mail_of(sender).failure == "link_expired"


def test_a_file_is_attached_and_dropped_once_it_is_sent(
    sender: IdentityHarness, server: MailServer
) -> None:
    with sender.database.system() as db:
        file = NoticeFile(
            id=sender.service.runtime.new_id(),
            name="INV-1.pdf",
            content=b"%PDF-1.7",
            created_at=sender.clock.now(),
        )
        db.add(file)
    about = {"kind": "invoice", "number": "INV-1"}
    tell(sender, Subject(NoticeKind.DOCUMENT_ISSUED, "1", about, file_id=file.id))
    sender.run_job("send_mails")

    (attached,) = server.mails[0].iter_attachments()
    assert attached.get_content() == b"%PDF-1.7"
    with sender.database.system() as db:
        assert db.scalars(select(NoticeFile)).all() == []


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_mails_go_encrypted_to_a_server_that_is_known(
    harness: IdentityHarness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    certificate = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    how = {"smtps": "ssl_context", "smtp+starttls": "tls_context"}[scheme]
    harness.add_owner(EMAIL, "Aurora")
    tell(harness)
    with mail_server(scheme, user="us:pass%2Fword@", **{how: context}) as server:
        send_by(harness, server.url)
        harness.run_job("send_mails")
        assert server.mails == []
        assert mail_of(harness).failure == "SSLCertVerificationError"

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.chain))
        harness.clock.move(timedelta(minutes=1))
        harness.run_job("send_mails")

    assert server.was_encrypted == [True]
    assert server.logins == [(b"us", b"pass/word")]
