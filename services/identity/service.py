"""Identity: the methods of its rooms, which `surface` has, and its jobs."""

import threading
from datetime import timedelta
from typing import ClassVar

from argon2 import PasswordHasher

from services.identity.companies import invitations
from services.identity.companies.accepting import Accepting
from services.identity.companies.contacts import ContactLinks
from services.identity.companies.outside_links import OutsideLinks
from services.identity.credentials.password_changes import NewPasswords, PasswordChanges
from services.identity.credentials.resets import Resets
from services.identity.documents.checking import Checking
from services.identity.documents.retention import Retention
from services.identity.factors import challenges, totp
from services.identity.factors.codes import FactorSecrets
from services.identity.factors.relying_party import RelyingParty
from services.identity.hashes import derive_key
from services.identity.limits import Limits, forget_old_attempts
from services.identity.mailed_links import MailedLinks, forget_old_links
from services.identity.notices import outbox
from services.identity.notices.mails import MailWriter
from services.identity.notices.outbox import Outbox
from services.identity.people import verification
from services.identity.people.passwords import ARGON2, PasswordHashing
from services.identity.sessions import devices, sessions
from services.identity.sessions.log_marks import Marks
from services.identity.settings import IdentitySettings
from services.identity.signing_in import (
    factor_resets,
    login_links,
    pending_logins,
    throttle,
)
from services.identity.signing_in.logins import Logins
from services.identity.signing_in.passkey_logins import PasskeyLogins
from services.identity.signing_in.password_checks import PasswordChecks
from services.identity.signing_in.proofs import Proofs
from services.identity.signing_in.second_step import SecondStep
from services.identity.signing_in.throttle import Attempts
from services.identity.signing_up import requests as sign_up_requests
from services.identity.signing_up.sign_ups import SignUps
from services.identity.surface.activity import ActivityMethods
from services.identity.surface.companies.companies import CompanyMethods
from services.identity.surface.companies.contacts import ContactMethods
from services.identity.surface.companies.invitations import InvitationMethods
from services.identity.surface.companies.members import MemberMethods
from services.identity.surface.email_changes import EmailMethods
from services.identity.surface.factors import FactorMethods
from services.identity.surface.leaving.closing import ClosingMethods
from services.identity.surface.leaving.leaving import LeavingMethods
from services.identity.surface.leaving.operating import OperatingMethods
from services.identity.surface.notices import NoticeMethods
from services.identity.surface.passkeys import PasskeyMethods
from services.identity.surface.passwords import PasswordMethods
from services.identity.surface.people import PeopleMethods
from services.identity.surface.second_step import SecondStepMethods
from services.identity.surface.sessions import SessionMethods
from services.identity.surface.signing_in import SigningInMethods
from services.identity.surface.signing_up import SigningUpMethods
from services.identity.surface.verification.documents import DocumentMethods
from services.identity.surface.verification.emails import EmailVerificationMethods
from services.identity.surface.verification.phones import PhoneMethods
from services.identity.verification import phone_codes, sms_outbox
from services.identity.verification.phone_codes import PhoneCodes
from services.identity.verification.sms_outbox import SmsOutbox
from shared.contract import ServiceContract
from shared.contracts import identity
from shared.db.database import Database
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.service import Job
from shared.runtime import Runtime


class IdentityService(
    SigningInMethods,
    SecondStepMethods,
    SessionMethods,
    FactorMethods,
    PasskeyMethods,
    PasswordMethods,
    PeopleMethods,
    CompanyMethods,
    MemberMethods,
    InvitationMethods,
    ContactMethods,
    EmailMethods,
    EmailVerificationMethods,
    ActivityMethods,
    NoticeMethods,
    PhoneMethods,
    SigningUpMethods,
    DocumentMethods,
    ClosingMethods,
    LeavingMethods,
    OperatingMethods,
):
    """People, companies, memberships, sessions, the trail of what people did."""

    contract: ClassVar[ServiceContract] = identity.CONTRACT

    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        settings: IdentitySettings,
        hasher: PasswordHasher = ARGON2,
    ) -> None:
        super().__init__(database, runtime)
        self._signing_key = settings.signing_key
        self._operator_key = settings.operator_key
        self._hashing = PasswordHashing(hasher, runtime.random)
        self._links = MailedLinks(settings.signing_key)
        writer = MailWriter(
            settings.public_url, settings.provider, settings.sender, self._links
        )
        self._outbox = Outbox(database, runtime, writer, settings.postbox)
        self._limits = Limits(derive_key(settings.signing_key, b"client-area limits"))
        self._secrets = FactorSecrets.of(
            settings.factor_keys, settings.signing_key, self._limits
        )
        self._settings = settings
        self._second_step = SecondStep(
            database,
            runtime,
            self._secrets,
            settings.signing_key,
            Marks(derive_key(settings.signing_key, b"client-area sign-in log")),
            settings.is_factor_required,
        )
        key = derive_key(settings.signing_key, b"client-area login throttle")
        attempts = Attempts(key)
        checks = PasswordChecks(database, runtime, self._hashing, attempts)
        self._logins = Logins(checks, self._links, self._second_step)
        self._links_asked = threading.Event()
        new = NewPasswords(settings.password_rules, self._hashing, runtime)
        self._new_passwords = new
        self._password_changes = PasswordChanges(database, new, self._limits)
        self._resets = Resets(
            database, new, self._limits, self._links, self._logins.marks
        )
        self._phone_codes = PhoneCodes(
            settings.signing_key, self._limits, settings.phones
        )
        self._sms = SmsOutbox(
            database,
            runtime,
            self._phone_codes,
            settings.sms_gateway,
            settings.provider.name,
            settings.public_url,
        )
        outside = OutsideLinks(database, self._links, self._limits)
        self._accepting = Accepting(outside, runtime, new.keep)
        self._contact_links = ContactLinks(outside, runtime)
        self._sign_ups_asked = threading.Event()
        self._sign_ups = SignUps(
            database,
            new,
            self._limits,
            self._links,
            self._second_step,
            settings.sign_up,
        )
        self._party = RelyingParty.of(settings.public_url, settings.provider)
        self._proofs = Proofs(checks, self._secrets, self._party, self._signing_key)
        self._passkey_logins = PasskeyLogins(
            self._party, self._second_step, self._limits
        )

        documents = (database, runtime, settings.documents)
        self._checking, self._retention = Checking(*documents), Retention(*documents)
        self._documents_waiting = threading.Event()

    def jobs(self) -> tuple[Job, ...]:
        return (
            # A request wakes it; the interval is for those left by another process.
            Job(
                "send_reset_links",
                timedelta(seconds=10),
                self._send_reset_links,
                wake=self._resets.waiting,
            ),
            Job(
                "send_login_links",
                timedelta(seconds=10),
                self._send_login_links,
                wake=self._links_asked,
            ),
            Job(
                "answer_sign_ups",
                timedelta(seconds=10),
                self._answer_sign_ups,
                wake=self._sign_ups_asked,
            ),
            Job("forget_old_failures", timedelta(minutes=5), self._forget_failures),
            Job("forget_old_sessions", timedelta(hours=1), self._forget_sessions),
            Job("expire_verifications", timedelta(hours=1), self._expire_steps),
            Job("reset_factors", timedelta(minutes=1), self._reset_factors),
            Job("encrypt_with_newest_key", timedelta(hours=1), self._encrypt_again),
            Job("send_mails", outbox.EVERY, self._send_mails),
            Job("send_text_messages", sms_outbox.EVERY, self._send_texts),
            Job(
                "check_documents",
                timedelta(seconds=10),
                self._check_documents,
                wake=self._documents_waiting,
            ),
            Job(
                "delete_old_documents",
                timedelta(minutes=10),
                self._retention.delete_old,
            ),
            Job("renew_document_keys", timedelta(hours=1), self._retention.renew_keys),
            Job("forget_old_mails", timedelta(hours=1), self._forget_mails),
        )

    def _send_reset_links(self, request_id: str) -> None:
        now = self.runtime.clock.now()
        self._resets.send_links(Call(system("resets"), request_id, now))

    def _send_login_links(self, request_id: str) -> None:
        call = Call(system("login_links"), request_id, self.runtime.clock.now())
        with self.database.system() as db:
            login_links.send_asked_links(self.change(db, call))

    def _answer_sign_ups(self, request_id: str) -> None:
        call = Call(system("sign_ups"), request_id, self.runtime.clock.now())
        answered = True
        while answered:
            with self.database.system() as db:
                change = self.change(db, call)
                answered = sign_up_requests.answer_requests(change) > 0

    def _forget_failures(self, _request_id: str) -> None:
        with self.database.system() as db:
            now = self.runtime.clock.now()
            throttle.forget_old_failures(db, now)
            pending_logins.forget_old(db, now)
            forget_old_attempts(db, now)
            challenges.forget_old_challenges(db, now)
            phone_codes.forget_old_codes(db, now)

    def _forget_sessions(self, _request_id: str) -> None:
        with self.database.system() as db:
            now = self.runtime.clock.now()
            sessions.forget_old_sessions(db, now)
            devices.forget_old_devices(db, now)

    def _expire_steps(self, request_id: str) -> None:
        is_more = True
        while is_more:
            call = Call(system("expiry"), request_id, self.runtime.clock.now())
            with self.database.system() as db:
                expired = verification.expire_steps(self.change(db, call))
            is_more = expired == verification.EXPIRED_AT_ONCE

    def _reset_factors(self, request_id: str) -> None:
        factor_resets.do_due_resets(self.database, self.runtime, request_id)

    def _encrypt_again(self, _request_id: str) -> None:
        is_more = True
        while is_more:
            with self.database.system() as db:
                keys = self._secrets.keys
                is_more = totp.encrypt_with_newest_key(db, keys) > 0

    def _send_mails(self, _request_id: str) -> None:
        self._outbox.send_due()

    def _send_texts(self, _request_id: str) -> None:
        self._sms.send_due()

    def _forget_mails(self, _request_id: str) -> None:
        with self.database.system() as db:
            now = self.runtime.clock.now()
            outbox.forget_files(db)
            outbox.forget_outsiders(db, now)
            invitations.forget_old_invitations(db, now)
            forget_old_links(db, now)

    def _check_documents(self, request_id: str) -> None:
        self._checking.check_all(request_id)
        self._retention.clear_storage()
