"""Open an account by a mailed link: a person, their company, and a session."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import update

from services.identity.companies import companies
from services.identity.credentials.password_changes import NewPasswords
from services.identity.limits import Limit, Limits
from services.identity.mailed_links import MailedLinks
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.people import User
from services.identity.models.signing_up import AcceptedTerms
from services.identity.people import users
from services.identity.people.context_words import words_of, words_of_email
from services.identity.recording import record_of
from services.identity.signing_in.second_step import SecondStep
from shared import places
from shared.contracts import identity
from shared.contracts.identity.accounts.signing_up import (
    FindSignUp,
    SignedUp,
    SignUp,
    SignUpLink,
)
from shared.db.database import Database
from shared.errors import Conflict, Forbidden, InvalidInput
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.settings import SignUp as SignUpSetting
from shared.text import clean_line

log = structlog.get_logger()

PER_LINK = Limit("sign-up by link", "too_many_passwords", 20, timedelta(hours=24))
"""Passwords that are refused don't use up the link."""


@dataclass(frozen=True)
class SignUps:
    """``setting`` says whether anybody may sign up, and to which terms."""

    database: Database
    new_passwords: NewPasswords
    limits: Limits
    links: MailedLinks
    second_step: SecondStep
    setting: SignUpSetting

    def check_on(self) -> None:
        """Check that the provider offers signing up.

        Raises:
            Forbidden: ``sign_up_is_off``.
        """
        if not self.setting.is_on:
            raise Forbidden("sign_up_is_off")

    def find(self, request: FindSignUp, now: datetime) -> SignUpLink:
        """Return what a link is for.

        Raises:
            Forbidden: ``sign_up_is_off``.
            NotFound: as `MailedLinks.find`.
        """
        self.check_on()
        with self.database.system() as db:
            link = self.links.find(db, LinkKind.SIGN_UP, request.token, now)
            return SignUpLink(
                email=link.parameters["email"],
                expires_at=link.expires_at,
                terms_version=self.setting.terms_version,
            )

    def sign_up(self, request: SignUp, call: Call) -> SignedUp:
        """Open the account; the password is hashed between transactions, in none.

        Raises:
            Forbidden, NotFound, Conflict, InvalidInput, Throttled: as the contract
                lists.
        """
        self.check_on()
        if request.terms_version != self.setting.terms_version:
            raise Conflict("terms_changed_meanwhile")
        words = self._admit(request, call.now)
        kept = self.new_passwords.keep(request.password, words)
        with self.database.system() as db:
            change = Change(db, self.new_passwords.runtime, call)
            link = self.links.use(db, LinkKind.SIGN_UP, request.token, call.now)
            user = _open_account(change, request, link, kept)
            company = _open_company(change, request, user)
            _end_other_links(change, link.parameters["email"])
            logged_in = self.second_step.let_in_or_ask(change, user, request)
            if logged_in.session is None:
                # Otherwise opening the session has recorded it.
                record_of(change, user)
            log.info("signed_up", user=str(user.id), company=str(company.id))
            return SignedUp(company_id=company.id, logged_in=logged_in)

    def _admit(self, request: SignUp, now: datetime) -> frozenset[str]:
        """Check what costs little, count the attempt; return the context words."""
        with self.database.system() as db:
            link = self.links.find(db, LinkKind.SIGN_UP, request.token, now)
            self.limits.take(db, PER_LINK, str(link.id), now)
            names = words_of(request.name, request.company_name)
            return names | words_of_email(link.parameters["email"])


def _open_account(
    change: Change, request: SignUp, link: MailedLink, password_hash: str
) -> User:
    wanted = identity.people.CreateUser(
        email=link.parameters["email"],
        name=_with_field("name", request.name, users.MAX_NAME_LENGTH),
        password="",
        locale=request.locale,
        time_zone=places.time_zone_of(request.country),
        email_verified=True,
    )
    user_id = change.runtime.new_id()
    users.create_user(change, wanted, user_id, lambda *_: password_hash)
    terms = AcceptedTerms(
        user_id=user_id,
        version=request.terms_version,
        accepted_at=change.call.now,
    )
    change.db.add(terms)
    return users.get_user(change.db, user_id)


def _open_company(
    change: Change, request: SignUp, owner: User
) -> identity.companies.Company:
    name = request.company_name if request.is_business else request.name
    wanted = identity.companies.CreateCompany(
        name=_with_field("company_name", name, companies.MAX_NAME_LENGTH),
        address=identity.companies.Address(country=request.country),
        owner_id=owner.id,
        time_zone=owner.time_zone,
        is_business=request.is_business,
    )
    return companies.create_company(change, wanted)


def _with_field(field: str, name: str, max_length: int) -> str:
    """Clean a name; a refusal says which of the two names it is about."""
    try:
        return clean_line(name, max_length, code="bad_name", required=True)
    except InvalidInput as refusal:
        about = {**refusal.parameters, "field": field}
        raise InvalidInput(refusal.code, refusal.detail, about) from refusal


def _end_other_links(change: Change, email: str) -> None:
    """Let no other link to sign up with this email be used."""
    change.db.execute(
        update(MailedLink)
        .where(
            MailedLink.kind == LinkKind.SIGN_UP,
            MailedLink.parameters["email"].astext == email,
            MailedLink.used_at.is_(None),
        )
        .values(used_at=change.call.now)
    )
