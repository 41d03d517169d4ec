"""Every method of every service against everybody: who is answered, who is refused.

A cell of the tables is what comes of the call, and not derived from the code:

    200  answered; a customer is never told a word of the other company
    own  answered about the caller's own company, as the request can name no other;
         nothing of ours was changed
    else refused, with the status of the refusal; nothing was changed

To add a method, add its line: the cells, and an example of a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.contract import Method, Request
from shared.contracts import billing, identity, inventory
from shared.contracts.billing.documents import (
    GET_DOCUMENT,
    GET_DOCUMENT_FILE,
    LIST_DOCUMENTS,
    DocumentFormat,
    GetDocument,
    GetDocumentFile,
    ListDocuments,
)
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.transactions import LIST_TRANSACTIONS, ListTransactions
from shared.contracts.billing.wallets import AdjustmentKind
from shared.contracts.identity.members import contacts, invitations
from shared.contracts.identity.members.links import OpenLink
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.verification import documents, emails
from shared.contracts.inventory.services import Period, SuspensionReason
from shared.errors import ContractError
from shared.wire import to_json
from tests.fixtures.installations import PASSWORD
from tests.fixtures.isolation import examples as e
from tests.fixtures.isolation.world import (
    CUSTOMERS,
    ON_BEHALF,
    OPERATOR,
    OUR_WORD,
    STRANGER,
    THEIR_WORD,
    World,
    catalog_row,
    money,
    plan_of,
)

PEOPLE = (*CUSTOMERS, OPERATOR, ON_BEHALF)
CONTRACTS = (identity.CONTRACT, inventory.CONTRACT, billing.CONTRACT)

FAILED_TRIES_ARE_KEPT = {
    identity.signing_in.LOG_IN,
    identity.passwords.CHANGE_PASSWORD,
    invitations.OPEN_INVITATION,
    invitations.ACCEPT_INVITATION,
    invitations.JOIN_COMPANY,
    invitations.DECLINE_INVITATION,
    contacts.OPEN_CONTACT,
    contacts.CONFIRM_CONTACT,
    contacts.OPEN_CONTACT_END,
    contacts.END_CONTACT,
}
"""Limits count them."""


@dataclass(frozen=True)
class Line:
    method: Method[Any, Any]
    cells: str
    example: Request

    def expected(self) -> Mapping[str, str]:
        return dict(zip(PEOPLE, self.cells.split(), strict=True))


# One line each, however long: it is a table.
# fmt: off
# ruff: noqa: E501
IDENTITY = (
    #                                own adm bil tec vie str nob exp ope beh
    Line(identity.signing_in.LOG_IN,           "200 200 200 200 200 own 401 401 401 401", identity.signing_in.LogIn(email=e.OWN_EMAIL, password=PASSWORD, address="192.0.2.7")),
    Line(identity.signing_in.RESUME_SESSION,   "200 200 200 200 200 404 401 401 401 401", identity.signing_in.ResumeSession(token=e.OWN_TOKEN, company_id=e.OUR_COMPANY)),
    Line(identity.signing_in.SWITCH_COMPANY,   "200 200 200 200 200 404 401 401 401 401", identity.signing_in.SwitchCompany(token=e.OWN_TOKEN, company_id=e.OUR_COMPANY)),
    Line(identity.signing_in.LOG_OUT,          "200 200 200 200 200 own 200 200 200 200", identity.signing_in.LogOut(token=e.OWN_TOKEN)),
    # Nobody has a second factor, and nobody has typed a right code.
    Line(identity.second_step.GET_PENDING_LOGIN,  "401 401 401 401 401 401 401 401 401 401", identity.second_step.GetPendingLogin(token=e.OWN_TOKEN)),
    Line(identity.second_step.ANSWER_SECOND_STEP, "401 401 401 401 401 401 401 401 401 401", identity.second_step.AnswerSecondStep(token=e.OWN_TOKEN, code="123456", address="192.0.2.7")),
    Line(identity.second_step.PROPOSE_TOTP_AT_LOGIN, "401 401 401 401 401 401 401 401 401 401", identity.second_step.ProposeTotpAtLogin(token=e.OWN_TOKEN)),
    Line(identity.second_step.SET_UP_TOTP_AT_LOGIN, "401 401 401 401 401 401 401 401 401 401", identity.second_step.SetUpTotpAtLogin(token=e.OWN_TOKEN, proposal="", code="123456", address="192.0.2.7")),
    Line(identity.second_step.BEGIN_PASSKEY_AT_LOGIN, "401 401 401 401 401 401 401 401 401 401", identity.second_step.BeginPasskeyAtLogin(token=e.OWN_TOKEN)),
    Line(identity.second_step.SET_UP_PASSKEY_AT_LOGIN, "422 422 422 422 422 422 422 422 422 422", identity.second_step.SetUpPasskeyAtLogin(token=e.OWN_TOKEN, credential="{}", address="192.0.2.7")),
    Line(identity.factors.GET_FACTORS,     "200 200 200 200 200 own 401 401 404 404", identity.factors.GetFactors()),
    Line(identity.factors.PROPOSE_TOTP,    "200 200 200 200 200 own 401 401 404 404", identity.factors.ProposeTotp()),
    Line(identity.factors.TURN_ON_TOTP,    "422 422 422 422 422 422 401 401 404 404", identity.factors.TurnOnTotp(proposal="", code="123456")),
    Line(identity.factors.RENEW_RECOVERY_CODES, "409 409 409 409 409 409 401 401 404 404", identity.factors.RenewRecoveryCodes()),
    Line(identity.factors.REMOVE_TOTP,     "409 409 409 409 409 409 401 401 404 404", identity.factors.RemoveTotp(code="123456")),
    Line(identity.factors.IMPORT_TOTP,     "403 403 403 403 403 403 401 401 200 200", identity.factors.ImportTotp(user_id=e.OUTSIDER, secret="JBSWY3DPEHPK3PXP")),
    Line(identity.factors.RESET_TWO_FACTOR, "403 403 403 403 403 403 401 401 404 404", identity.factors.ResetTwoFactor(email=e.OWN_EMAIL, reason="as asked")),
    Line(identity.factors.CANCEL_TWO_FACTOR_RESET, "403 403 403 403 403 403 401 401 404 404", identity.factors.CancelTwoFactorReset(email=e.OWN_EMAIL)),
    Line(identity.passkeys.BEGIN_PASSKEY_LOGIN, "200 200 200 200 200 200 200 200 200 200", identity.passkeys.BeginPasskeyLogin(browser="a secret", address="192.0.2.7")),
    # With a real authenticator they are in tests/integration/identity/factors.
    Line(identity.passkeys.LOG_IN_WITH_PASSKEY, "422 422 422 422 422 422 422 422 422 422", identity.passkeys.LogInWithPasskey(browser="a secret", credential="{}", address="192.0.2.7")),
    Line(identity.passkeys.BEGIN_PASSKEY_SECOND_STEP, "401 401 401 401 401 401 401 401 401 401", identity.passkeys.BeginPasskeySecondStep(token=e.OWN_TOKEN)),
    Line(identity.passkeys.ANSWER_SECOND_STEP_WITH_PASSKEY, "422 422 422 422 422 422 422 422 422 422", identity.passkeys.AnswerSecondStepWithPasskey(token=e.OWN_TOKEN, credential="{}", address="192.0.2.7")),
    Line(identity.passkeys.BEGIN_PASSKEY_PROOF, "200 200 200 200 200 own 401 401 401 401", identity.passkeys.BeginPasskeyProof(token=e.OWN_TOKEN)),
    Line(identity.passkeys.BEGIN_PASSKEY_REGISTRATION, "200 200 200 200 200 own 401 401 404 404", identity.passkeys.BeginPasskeyRegistration()),
    Line(identity.passkeys.ADD_PASSKEY,    "422 422 422 422 422 422 401 401 422 422", identity.passkeys.AddPasskey(credential="{}")),
    Line(identity.passkeys.LIST_PASSKEYS,  "200 200 200 200 200 own 401 401 403 200", identity.passkeys.ListPasskeys()),
    Line(identity.passkeys.RENAME_PASSKEY, "404 404 404 404 404 404 401 401 403 404", identity.passkeys.RenamePasskey(passkey_id=e.NEW_ID, name="My key")),
    Line(identity.passkeys.REMOVE_PASSKEY, "404 404 404 404 404 404 401 401 404 404", identity.passkeys.RemovePasskey(passkey_id=e.NEW_ID)),
    # The same answer whether there is such an account or not.
    Line(identity.login_links.ASK_FOR_LOGIN_LINK, "200 200 200 200 200 own 200 200 200 200", identity.login_links.AskForLoginLink(email=e.OWN_EMAIL, address="192.0.2.7")),
    Line(identity.login_links.SHOW_LOGIN_LINK, "404 404 404 404 404 404 404 404 404 404", identity.login_links.ShowLoginLink(token=e.NEW_WORD)),
    Line(identity.sessions.PROVE,          "200 200 200 200 200 own 401 401 401 401", identity.sessions.Prove(token=e.OWN_TOKEN, proof=identity.sessions.PasswordProof(password=PASSWORD))),
    Line(identity.sessions.LIST_SESSIONS,  "200 200 200 200 200 own 401 401 403 200", identity.sessions.ListSessions()),
    Line(identity.sessions.END_SESSION,    "200 404 404 404 404 404 401 401 403 404", identity.sessions.EndSession(session_id=e.OWNERS_SESSION)),
    Line(identity.sessions.END_OTHER_SESSIONS, "200 200 200 200 200 own 401 401 403 200", identity.sessions.EndOtherSessions()),
    Line(identity.sessions.END_SESSIONS_OF, "403 403 403 403 403 403 401 401 404 404", identity.sessions.EndSessionsOf(email=e.OWN_EMAIL)),
    Line(identity.sessions.END_SOME_SESSIONS, "403 403 403 403 403 403 401 401 200 200", identity.sessions.EndSomeSessions()),
    Line(identity.people.GET_ACCOUNT,      "200 200 200 200 200 own 401 401 404 404", identity.people.GetAccount()),
    Line(identity.people.CHANGE_ACCOUNT,   "200 200 200 200 200 own 401 401 404 404", identity.people.ChangeAccount(name="Ann", locale="en", time_zone="UTC")),
    # A wrong current password, as the right one would change it.
    Line(identity.passwords.CHANGE_PASSWORD, "422 422 422 422 422 422 401 401 404 404", identity.passwords.ChangePassword(current="not the password", new="tram under violet elms")),
    Line(identity.passwords.ASK_FOR_RESET,   "200 200 200 200 200 own 200 200 200 200", identity.passwords.AskForReset(email=f"{e.NEW_WORD}@example.com", address="192.0.2.7")),
    # Nobody has the link that a mail brings.
    Line(identity.passwords.FIND_RESET,      "404 404 404 404 404 404 404 404 404 404", identity.passwords.FindReset(token="none")),
    Line(identity.passwords.RESET_PASSWORD,  "404 404 404 404 404 404 404 404 404 404", identity.passwords.ResetPassword(token="none", new="tram under violet elms")),
    # The provider does not offer it here; tests/integration/identity/signing_up does.
    Line(identity.signing_up.ASK_TO_SIGN_UP, "403 403 403 403 403 403 403 403 403 403", identity.signing_up.AskToSignUp(email=f"{e.NEW_WORD}@example.com", address="192.0.2.7")),
    Line(identity.signing_up.FIND_SIGN_UP,   "403 403 403 403 403 403 403 403 403 403", identity.signing_up.FindSignUp(token="none")),
    Line(identity.signing_up.SIGN_UP,        "403 403 403 403 403 403 403 403 403 403", identity.signing_up.SignUp(token="none", name="Ann", password=PASSWORD, is_business=False, country="DE", terms_version="1", address="192.0.2.7")),
    Line(identity.email_changes.CHANGE_EMAIL, "200 200 200 200 200 own 401 401 403 404", identity.email_changes.ChangeEmail(email=f"new@{e.OWN_WORD}.example")),
    # Of links that there are, test_email_changes.py shows who may use them.
    Line(identity.email_changes.CONFIRM_EMAIL, "404 404 404 404 404 404 401 401 404 404", identity.email_changes.ConfirmEmail(token="no-such-link")),
    Line(identity.email_changes.FIND_UNDO_EMAIL, "404 404 404 404 404 404 404 404 404 404", identity.email_changes.FindUndoEmail(token="no-such-link")),
    Line(identity.email_changes.UNDO_EMAIL, "404 404 404 404 404 404 404 404 404 404", identity.email_changes.UndoEmail(token="no-such-link")),
    # Nobody has a number, nor a code; test_phones.py has some.
    Line(identity.verification.phones.GET_PHONE, "200 200 200 200 200 own 401 401 403 404", identity.verification.phones.GetPhone()),
    Line(identity.verification.phones.ASK_FOR_PHONE_CODE, "422 422 422 422 422 422 401 401 403 404", identity.verification.phones.AskForPhoneCode(number="none", address="192.0.2.7")),
    Line(identity.verification.phones.CONFIRM_PHONE, "404 404 404 404 404 404 401 401 404 404", identity.verification.phones.ConfirmPhone(code="123456")),
    Line(identity.verification.phones.REMOVE_PHONE, "409 409 409 409 409 409 401 401 404 404", identity.verification.phones.RemovePhone()),
    Line(identity.companies.GET_COMPANY,      "200 200 200 200 200 own 401 401 403 200", identity.companies.GetCompany()),
    Line(identity.companies.CHANGE_COMPANY,   "200 200 403 403 403 own 401 401 403 200", e.changed_company()),
    Line(identity.leaving.EXPORT_ACCOUNT,   "200 200 200 200 200 own 401 401 404 404", identity.leaving.ExportAccount()),
    Line(identity.leaving.EXPORT_USER,      "403 403 403 403 403 403 401 401 404 404", identity.leaving.ExportUser(email=f"{e.NEW_WORD}@example.com")),
    # Another's email, as with their own everybody would be gone.
    Line(identity.leaving.ERASE_ACCOUNT,    "422 422 422 422 422 422 401 401 404 404", identity.leaving.EraseAccount(email=f"{e.NEW_WORD}@example.com")),
    Line(identity.leaving.ERASE_USER,       "403 403 403 403 403 403 401 401 404 404", identity.leaving.EraseUser(email=f"{e.NEW_WORD}@example.com")),
    # The company is open.
    Line(identity.leaving.ERASE_COMPANY,    "403 403 403 403 403 403 401 401 409 409", identity.leaving.EraseCompany(company_id=e.OUR_COMPANY)),
    Line(identity.operating.LIST_USERS,     "403 403 403 403 403 403 401 401 200 200", identity.operating.ListUsers()),
    Line(identity.operating.SHOW_USER,      "403 403 403 403 403 403 401 401 404 404", identity.operating.ShowUser(email=f"{e.NEW_WORD}@example.com")),
    Line(identity.operating.LOCK_USER,      "403 403 403 403 403 403 401 401 404 404", identity.operating.LockUser(email=f"{e.NEW_WORD}@example.com", reason="abuse")),
    Line(identity.operating.UNLOCK_USER,    "403 403 403 403 403 403 401 401 404 404", identity.operating.UnlockUser(email=f"{e.NEW_WORD}@example.com")),
    Line(identity.operating.LOCK_COMPANY,   "403 403 403 403 403 403 401 401 422 422", identity.operating.LockCompany(company_id=e.OUR_COMPANY, reason=" ")),
    Line(identity.operating.UNLOCK_COMPANY, "403 403 403 403 403 403 401 401 409 409", identity.operating.UnlockCompany(company_id=e.OUR_COMPANY)),
    # Not the company's name, as that would close it.
    Line(identity.closing.CLOSE_COMPANY,    "422 403 403 403 403 422 401 401 403 422", identity.closing.CloseCompany(name="another")),
    Line(identity.activity.LIST_ACTIVITY,   "200 200 200 200 200 own 401 401 404 404", identity.activity.ListActivity()),
    Line(identity.activity.SEARCH_ACTIVITY, "403 403 403 403 403 403 401 401 200 200", identity.activity.SearchActivity(company_id=e.OUR_COMPANY)),
    Line(identity.activity.LIST_COMPANY_ACTIVITY, "200 200 403 403 403 own 401 401 403 200", identity.activity.ListCompanyActivity()),
    Line(identity.memberships.LIST_MEMBERS,     "200 200 200 200 200 own 401 401 403 200", identity.memberships.ListMembers()),
    Line(invitations.LIST_INVITATIONS,  "200 200 403 403 403 own 401 401 403 200", invitations.ListInvitations()),
    Line(invitations.INVITE_MEMBER,     "200 200 403 403 403 own 401 401 403 200", invitations.InviteMember(email=f"{e.NEW_ID}@{e.OWN_WORD}.example", role=Role.VIEWER)),
    Line(invitations.RESEND_INVITATION, "200 200 403 403 403 404 401 401 403 200", invitations.ChangeInvitation(invitation_id=e.OUR_INVITATION)),
    Line(invitations.REVOKE_INVITATION, "200 200 403 403 403 404 401 401 403 200", invitations.ChangeInvitation(invitation_id=e.OUR_INVITATION)),
    # Nobody has accepted it.
    Line(invitations.APPROVE_INVITATION, "409 409 403 403 403 404 401 401 403 409", invitations.ChangeInvitation(invitation_id=e.OUR_INVITATION)),
    # Of links that there are, tests/integration/identity/members shows who may use them.
    Line(invitations.OPEN_INVITATION,   "404 404 404 404 404 404 404 404 404 404", OpenLink(token="no-such-link", address="192.0.2.8")),
    Line(invitations.ACCEPT_INVITATION, "404 404 404 404 404 404 401 401 404 404", OpenLink(token="no-such-link", address="192.0.2.9")),
    Line(invitations.JOIN_COMPANY,      "404 404 404 404 404 404 404 404 404 404", invitations.JoinCompany(token="no-such-link", address="192.0.2.10", name="Ann", password="tram under violet elms")),
    Line(invitations.DECLINE_INVITATION, "404 404 404 404 404 404 404 404 404 404", OpenLink(token="no-such-link", address="192.0.2.11")),
    Line(contacts.LIST_CONTACTS,        "200 200 200 403 200 own 401 401 403 200", contacts.ListContacts()),
    Line(contacts.ADD_CONTACT,          "200 200 200 403 403 own 401 401 403 200", contacts.AddContact(email=f"{e.NEW_ID}@{e.OWN_WORD}.example")),
    Line(contacts.REMOVE_CONTACT,       "200 200 200 403 403 404 401 401 403 200", contacts.RemoveContact(contact_id=e.OUR_CONTACT)),
    Line(contacts.OPEN_CONTACT,         "404 404 404 404 404 404 404 404 404 404", OpenLink(token="no-such-link", address="192.0.2.12")),
    Line(contacts.CONFIRM_CONTACT,      "404 404 404 404 404 404 404 404 404 404", OpenLink(token="no-such-link", address="192.0.2.13")),
    Line(contacts.OPEN_CONTACT_END,     "404 404 404 404 404 404 404 404 404 404", OpenLink(token="no-such-link", address="192.0.2.14")),
    Line(contacts.END_CONTACT,          "404 404 404 404 404 404 404 404 404 404", OpenLink(token="no-such-link", address="192.0.2.15")),
    Line(identity.people.CREATE_USER,      "403 403 403 403 403 403 401 401 200 200", identity.people.CreateUser(email=f"{e.NEW_WORD}@example.com", name="Ann", password=PASSWORD)),
    Line(emails.ASK_TO_VERIFY_EMAIL, "409 409 409 409 409 409 401 401 403 404", emails.AskToVerifyEmail()),
    Line(emails.VERIFY_EMAIL, "404 404 404 404 404 404 401 401 404 404", emails.VerifyEmail(code="123456")),
    Line(emails.FIND_EMAIL_LINK, "404 404 404 404 404 404 404 404 404 404", emails.EmailLink(token=e.NEW_WORD)),
    Line(emails.USE_EMAIL_LINK, "404 404 404 404 404 404 404 404 404 404", emails.EmailLink(token=e.NEW_WORD)),
    Line(identity.people.SET_VERIFICATION, "403 403 403 403 403 403 401 401 200 200", identity.people.SetVerification(user_id=e.OUTSIDER, step=VerificationStep.PHONE, state=VerificationState.VERIFIED)),
    Line(identity.companies.CREATE_COMPANY,   "403 403 403 403 403 403 401 401 200 200", identity.companies.CreateCompany(name=e.NEW_WORD, address=identity.companies.Address(country="DE"), owner_id=e.OUTSIDER)),
    # Of no country, as nobody is to get a second company here.
    Line(identity.companies.CREATE_OWN_COMPANY, "422 422 422 422 422 422 401 401 404 404", identity.companies.CreateOwnCompany(name="Further Ltd", address=identity.companies.Address(country="XX"), time_zone="UTC", is_business=True)),
    Line(identity.memberships.ADD_MEMBER,       "403 403 403 403 403 403 401 401 200 200", identity.memberships.AddMember(company_id=e.OUR_COMPANY, user_id=e.OUTSIDER, role=Role.VIEWER)),
    Line(identity.members.roles.LIST_ROLES, "200 200 200 200 200 own 401 401 200 200", identity.members.roles.ListRoles()),
    Line(identity.members.roles.CHANGE_ROLE, "200 200 403 403 403 404 401 401 403 200", identity.members.roles.ChangeRole(user_id=e.OUR_MEMBER, role=Role.BILLING)),
    # Nobody has a second company, without which they can't leave this one.
    Line(identity.members.roles.LEAVE_COMPANY, "409 409 409 409 409 409 401 401 403 404", identity.members.roles.LeaveCompany()),
    Line(identity.members.roles.REMOVE_MEMBER, "200 200 403 403 403 404 401 401 403 200", identity.members.roles.RemoveMember(user_id=e.OUR_MEMBER)),
    Line(identity.members.security.REMIND_MEMBER, "200 200 403 403 403 404 401 401 403 200", identity.members.security.RemindMember(user_id=e.OUR_MEMBER)),
    Line(identity.members.security.REQUIRE_TWO_FACTOR, "200 200 403 403 403 own 401 401 403 200", identity.members.security.RequireTwoFactor(is_required=False)),
    # Nothing is offered.
    Line(identity.members.ownership.WITHDRAW_OWNERSHIP, "404 403 403 403 403 404 401 401 403 404", identity.members.ownership.AnswerOwnership()),
    Line(identity.members.ownership.ACCEPT_OWNERSHIP, "404 404 404 404 404 404 401 401 403 404", identity.members.ownership.AnswerOwnership()),
    Line(identity.members.ownership.DECLINE_OWNERSHIP, "404 404 404 404 404 404 401 401 403 404", identity.members.ownership.AnswerOwnership()),
    Line(identity.members.ownership.OFFER_OWNERSHIP, "200 403 403 403 403 404 401 401 403 404", identity.members.ownership.OfferOwnership(user_id=e.OUR_MEMBER)),
    Line(identity.companies.FIND_COMPANIES,   "403 403 403 403 403 403 401 401 200 200", identity.companies.FindCompanies(company_id=e.OUR_COMPANY)),
    Line(identity.companies.REPUBLISH_COMPANIES, "403 403 403 403 403 403 401 401 200 200", identity.companies.RepublishCompanies()),
    Line(identity.notices.LIST_NOTICES,      "200 200 200 200 200 own 401 401 200 200", identity.notices.ListNotices()),
    Line(identity.notices.MARK_NOTICES_READ, "200 200 200 200 200 own 401 401 403 200", identity.notices.MarkNoticesRead(up_to=1_000_000)),
    # Who has the token need not be logged in; a guessed one is worth nothing to anybody.
    Line(identity.notices.FIND_NOT_ME,       "404 404 404 404 404 404 404 404 404 404", identity.notices.FindNotMe(token="0" * 96)),
    Line(identity.notices.USE_NOT_ME,        "404 404 404 404 404 404 404 404 404 404", identity.notices.FindNotMe(token="0" * 96)),
    Line(identity.notices.LIST_FAILED_NOTICES, "403 403 403 403 403 403 401 401 200 200", identity.notices.ListFailedNotices()),
    # Not a type for this step.
    Line(documents.BEGIN_DOCUMENT,  "422 422 422 422 422 422 401 401 422 422", documents.BeginDocument(step=VerificationStep.IDENTITY_DOCUMENT, document_type=documents.DocumentType.REGISTER_EXTRACT)),
    # Of uploads that there are, test_documents.py shows whose they are.
    Line(documents.FINISH_DOCUMENT, "404 404 404 404 404 404 401 401 404 404", documents.FinishDocument(document_id=e.NEW_ID, sha256="0" * 64, size=1)),
    Line(documents.CANCEL_DOCUMENT, "404 404 404 404 404 404 401 401 404 404", documents.CancelDocument(document_id=e.NEW_ID)),
    Line(documents.GET_DOCUMENTS,   "200 200 200 200 200 own 401 401 200 200", documents.GetDocuments()),
    Line(documents.LIST_DOCUMENTS_IN_REVIEW, "403 403 403 403 403 403 401 401 200 200", documents.ListDocumentsInReview()),
    Line(documents.VIEW_DOCUMENT,    "403 403 403 403 403 403 401 401 404 404", documents.ViewDocument(document_id=e.NEW_ID)),
    Line(documents.APPROVE_DOCUMENT, "403 403 403 403 403 403 401 401 404 404", documents.ApproveDocument(document_id=e.NEW_ID)),
    Line(documents.REJECT_DOCUMENT,  "403 403 403 403 403 403 401 401 404 404", documents.RejectDocument(document_id=e.NEW_ID, reason=documents.RejectionReason.UNREADABLE)),
    Line(identity.signing_in.GET_LOG_MARKS,    "403 403 403 403 403 403 401 401 200 200", identity.signing_in.GetLogMarks(email=e.OWN_EMAIL, address="192.0.2.7")),
    Line(identity.signing_in.MINT_OPERATOR_TOKEN, "401 401 401 401 401 401 401 401 200 200", identity.signing_in.MintOperatorToken(assertion=e.OWN_ASSERTION, company_id=e.OUR_COMPANY)),
)

INVENTORY = (
    #                                   own adm bil tec vie str nob exp ope beh
    Line(inventory.reading.DASHBOARD,          "200 200 200 200 200 own 401 401 403 200", inventory.reading.Dashboard()),
    Line(inventory.reading.LIST_SERVICES,      "200 200 200 200 200 own 401 401 403 200", inventory.reading.ListServices(search="service")),
    Line(inventory.reading.GET_SERVICE,        "200 200 200 200 200 404 401 401 403 200", inventory.reading.GetService(service_id=e.OUR_SERVICE)),
    # Each is told of their own company's alone.
    Line(inventory.reading.NAME_SERVICES,      "200 200 200 200 200 own 401 401 403 200", inventory.reading.NameServices(service_ids=[e.OUR_SERVICE, e.THEIR_SERVICE])),
    Line(inventory.lifecycle.CREATE_SERVICE,     "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.CreateService(company_id=e.OUR_COMPANY, reference=e.NEW_WORD, name="VPS", plan_code=plan_of(OUR_WORD), currency="EUR", period=Period.MONTH)),
    Line(inventory.lifecycle.ACTIVATE_SERVICE,   "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.ChangeState(service_id=e.PENDING)),
    Line(inventory.lifecycle.SUSPEND_SERVICE,    "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.Suspend(service_id=e.ACTIVE, reason=SuspensionReason.POLICY)),
    Line(inventory.lifecycle.RESUME_SERVICE,     "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.ChangeState(service_id=e.SUSPENDED)),
    Line(inventory.lifecycle.TERMINATE_SERVICE,  "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.ChangeState(service_id=e.ACTIVE)),
    Line(inventory.lifecycle.CANCEL_SERVICE,     "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.ChangeState(service_id=e.PENDING)),
    Line(inventory.lifecycle.REQUEST_TERMINATION, "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.RequestTermination(service_id=e.ACTIVE)),
    Line(inventory.lifecycle.WITHDRAW_TERMINATION, "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.ChangeState(service_id=e.LEAVING)),
    Line(inventory.lifecycle.CHANGE_PLAN,        "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.ChangePlan(service_id=e.ACTIVE, plan_code=plan_of(OUR_WORD))),
    Line(inventory.lifecycle.CHANGE_PRICE,       "403 403 403 403 403 403 401 401 200 200", inventory.lifecycle.ChangePrice(service_id=e.ACTIVE, price=money("4"))),
    Line(inventory.importing.STAGE_CATALOG,      "403 403 403 403 403 403 401 401 200 200", inventory.importing.StageCatalog(import_id=e.NEW_ID, rows=[catalog_row(OUR_WORD)])),
    Line(inventory.importing.APPLY_CATALOG,      "403 403 403 403 403 403 401 401 200 200", inventory.importing.ApplyImport(import_id=e.STAGED)),
    Line(inventory.importing.STAGE_SERVICES,     "403 403 403 403 403 403 401 401 200 200", inventory.importing.StageServices(import_id=e.NEW_ID, rows=[e.service_row()])),
    Line(inventory.importing.APPLY_SERVICES,     "403 403 403 403 403 403 401 401 200 200", inventory.importing.ApplyImport(import_id=e.STAGED_SERVICES)),
    Line(inventory.importing.DISCARD_IMPORT,     "403 403 403 403 403 403 401 401 200 200", inventory.importing.ApplyImport(import_id=e.STAGED)),
    Line(inventory.upkeep.VERIFY_COUNTERS,    "403 403 403 403 403 403 401 401 200 200", inventory.upkeep.VerifyCounters()),
    Line(inventory.upkeep.REBUILD_COUNTERS,   "403 403 403 403 403 403 401 401 200 200", inventory.upkeep.RebuildCounters(company_id=e.OUR_COMPANY)),
    Line(inventory.upkeep.REPUBLISH_SERVICES, "403 403 403 403 403 403 401 401 200 200", inventory.upkeep.RepublishServices()),
)

BILLING = (
    #                                own adm bil tec vie str nob exp ope beh
    Line(billing.dashboard.DASHBOARD,         "200 200 200 403 200 own 401 401 403 200", billing.dashboard.Dashboard()),
    Line(billing.wallets.SET_COMFORT_BUFFER, "200 200 200 403 403 own 401 401 403 200", billing.wallets.SetComfortBuffer(buffer=money("5"))),
    Line(billing.wallets.LIST_WALLETS,      "200 200 200 403 200 own 401 401 403 200", billing.wallets.ListWallets()),
    Line(billing.wallets.ADD_WALLET,        "200 200 200 403 403 own 401 401 403 200", billing.wallets.AddWallet(currency=e.NEW_CURRENCY)),
    Line(billing.wallets.MAKE_PRIMARY,      "200 200 200 403 403 own 401 401 403 200", billing.wallets.MakePrimary(currency="EUR")),
    Line(billing.wallets.OPEN_WALLET,       "403 403 403 403 403 403 401 401 200 200", billing.wallets.OpenWallet(company_id=e.OUR_COMPANY, currency=e.NEW_CURRENCY)),
    Line(billing.wallets.SET_CREDIT_LIMIT,  "403 403 403 403 403 403 401 401 200 200", billing.wallets.SetCreditLimit(company_id=e.OUR_COMPANY, limit=money("5"))),
    Line(billing.wallets.ADJUST_WALLET,     "403 403 403 403 403 403 401 401 200 409", billing.wallets.AdjustWallet(company_id=e.OUR_COMPANY, amount=money("5"), kind=AdjustmentKind.GOODWILL, reason="thanks")),
    Line(billing.books.VERIFY_BOOKS,      "403 403 403 403 403 403 401 401 200 200", billing.books.VerifyBooks()),
    Line(LIST_TRANSACTIONS,         "200 200 200 403 200 own 401 401 403 200", ListTransactions()),
    Line(LIST_DOCUMENTS,            "200 200 200 403 200 own 401 401 403 200", ListDocuments()),
    Line(GET_DOCUMENT,              "200 200 200 403 200 404 401 401 403 200", GetDocument(document_id=e.OUR_DOCUMENT)),
    Line(GET_DOCUMENT_FILE,         "200 200 200 403 200 404 401 401 403 200", GetDocumentFile(document_id=e.OUR_DOCUMENT, format=DocumentFormat.PDF)),
    Line(billing.tax.GET_TAX_PROFILE,       "200 200 200 403 200 own 401 401 403 200", billing.tax.GetTaxProfile()),
    Line(billing.tax.SET_TAX_ID,            "200 200 200 403 403 own 401 401 403 200", billing.tax.SetTaxId(number="DE136695976")),
    # Without a VAT ID there is nothing to confirm, so the operator is told 404.
    Line(billing.tax.CONFIRM_TAX_ID,        "403 403 403 403 403 403 401 401 404 404", billing.tax.ConfirmTaxId(company_id=e.NEW_ID, reason="as agreed")),
    Line(billing.tax.LIST_TAX_RATES,        "403 403 403 403 403 403 401 401 200 200", billing.tax.ListTaxRates()),
    Line(billing.tax.ADD_TAX_RATE,          "403 403 403 403 403 403 401 401 200 200", billing.tax.AddTaxRate(country="DE", rate_percent=Decimal(20), valid_from=date(2030, 1, 1))),
    Line(billing.documents.LIST_WAITING_DOCUMENTS, "403 403 403 403 403 403 401 401 200 200", billing.documents.ListWaitingDocuments()),
    Line(billing.tax.LIST_DIFFERING_TAX_IDS, "403 403 403 403 403 403 401 401 200 200", billing.tax.ListDifferingTaxIds()),
    Line(billing.tax.LIST_DOUBTFUL_PLACES,  "403 403 403 403 403 403 401 401 200 200", billing.tax.ListDoubtfulPlaces(first_day=date(2020, 1, 1), last_day=date(2030, 1, 1))),
    Line(billing.charging.REPUBLISH_PAYMENTS, "403 403 403 403 403 403 401 401 200 200", billing.charging.RepublishPayments()),
    Line(billing.books.REBUILD_ROLLUPS,   "403 403 403 403 403 403 401 401 200 200", billing.books.RebuildRollups(company_id=e.OUR_COMPANY)),
    Line(billing.top_ups.QUOTE_TOP_UP,      "200 200 200 403 403 own 401 401 403 200", billing.top_ups.QuoteTopUp(net=money("20"))),
    Line(billing.top_ups.BEGIN_TOP_UP,      "200 200 200 403 403 own 401 401 403 200", billing.top_ups.BeginTopUp(net=money("20"), digest=e.OUR_DIGEST, gateway=GatewayName.BANK_TRANSFER, is_intended=True)),
    Line(billing.top_ups.START_PAYMENT,     "200 200 200 403 403 404 401 401 403 200", billing.top_ups.StartPayment(top_up_id=e.OUR_TOP_UP, return_url="http://localhost/")),
    # The example is paid by bank.
    # Only owners; the real ones are in tests/integration/billing/handovers.
    Line(billing.handovers.LIST_HANDOVERS,  "200 403 403 403 403 own 401 401 403 200", billing.handovers.ListHandovers()),
    Line(billing.handovers.GET_HANDOVER,    "404 403 403 403 403 404 401 401 403 404", billing.handovers.HandoverRequest(handover_id=e.NEW_ID)),
    Line(billing.handovers.OFFER_SERVICE,   "404 403 403 403 403 404 401 401 403 404", billing.handovers.OfferService(service_id=e.NEW_ID, receiver_id=e.NEW_ID)),
    Line(billing.handovers.ACCEPT_HANDOVER, "404 403 403 403 403 404 401 401 403 404", billing.handovers.HandoverRequest(handover_id=e.NEW_ID)),
    Line(billing.handovers.DECLINE_HANDOVER, "404 403 403 403 403 404 401 401 403 404", billing.handovers.HandoverRequest(handover_id=e.NEW_ID)),
    Line(billing.handovers.WITHDRAW_HANDOVER, "404 403 403 403 403 404 401 401 403 404", billing.handovers.HandoverRequest(handover_id=e.NEW_ID)),
    Line(billing.cards.SHOW_CARD_FORM,      "409 409 409 403 403 404 401 401 403 409", billing.cards.ShowCardForm(top_up_id=e.OUR_TOP_UP)),
    Line(billing.cards.FORGET_CARD,         "404 404 404 403 403 404 401 401 403 404", billing.cards.ForgetCard(card="pm_1")),
    Line(billing.top_ups.GET_TOP_UP,        "200 200 200 403 200 404 401 401 403 200", billing.top_ups.GetTopUp(top_up_id=e.OUR_TOP_UP)),
    Line(billing.settlement.GET_TOP_UP_EFFECTS, "200 200 200 403 200 404 401 401 403 200", billing.settlement.GetTopUpEffects(top_up_id=e.OUR_TOP_UP)),
    Line(billing.top_ups.LIST_OPEN_TOP_UPS, "200 200 200 403 200 own 401 401 403 200", billing.top_ups.ListOpenTopUps()),
    Line(billing.top_ups.CANCEL_TOP_UP,     "200 200 200 403 403 404 401 401 403 200", billing.top_ups.CancelTopUp(top_up_id=e.OUR_TOP_UP)),
    Line(billing.limits.GET_TOP_UP_LIMITS, "200 200 200 200 200 own 401 401 403 200", billing.limits.GetTopUpLimits()),
    Line(billing.limits.SET_TOP_UP_LIMITS, "403 403 403 403 403 403 401 401 200 200", billing.limits.SetTopUpLimits(company_id=e.OUR_COMPANY, currency="EUR", one=money("2000"))),
    # Whoever they are, what counts is the gateway's signature.
    Line(billing.payments.TAKE_PAYMENT_NOTICE, "401 401 401 401 401 401 401 401 401 401", billing.payments.PaymentNotice(gateway=GatewayName.BANK_TRANSFER, headers={}, body="{}")),
    Line(billing.top_ups.REFUND_TOP_UP,     "403 403 403 403 403 403 401 401 409 409", billing.top_ups.RefundTopUp(top_up_id=e.OUR_TOP_UP, reason="as asked")),
    Line(billing.refund_requests.ASK_FOR_REFUND, "200 200 200 403 403 404 401 401 403 200", billing.refund_requests.AskForRefund(payment_id=e.OUR_DUPLICATE)),
    Line(billing.last_refunds.LIST_LAST_REFUNDS, "403 403 403 403 403 403 401 401 200 200", billing.last_refunds.ListLastRefunds()),
    # The company is open.
    Line(billing.last_refunds.GRANT_LAST_REFUND, "403 403 403 403 403 403 401 401 409 409", billing.last_refunds.GrantLastRefund(company_id=e.OUR_COMPANY, currency="EUR")),
    Line(billing.refund_requests.LIST_REFUND_REQUESTS, "403 403 403 403 403 403 401 401 200 200", billing.refund_requests.ListRefundRequests()),
    Line(billing.refund_requests.GRANT_REFUND_REQUEST, "403 403 403 403 403 403 401 401 200 200", billing.refund_requests.GrantRefundRequest(payment_id=e.ASKED_BACK)),
    Line(billing.refund_requests.DECLINE_REFUND_REQUEST, "403 403 403 403 403 403 401 401 200 200", billing.refund_requests.DeclineRefundRequest(payment_id=e.ASKED_BACK, reason="used")),
    Line(billing.payments.BOOK_BANK_PAYMENTS, "403 403 403 403 403 403 401 401 200 200", billing.payments.BookBankPayments(credits=[billing.payments.BankCredit(transaction=e.NEW_WORD, amount=money("11.90"), text="no reference")])),
    Line(billing.charging.CHARGE_DUE,       "403 403 403 403 403 403 401 401 200 200", billing.charging.ChargeDue(dry_run=True)),
    Line(billing.charging.LIST_CHARGES,     "200 200 200 403 200 own 401 401 403 200", billing.charging.ListCharges()),
    Line(billing.charging.GET_SUBSCRIPTION, "200 200 200 403 200 own 401 401 403 200", billing.charging.GetSubscription(service_id=e.OUR_SERVICE)),
    Line(billing.payments.LIST_PAYMENT_PROBLEMS, "403 403 403 403 403 403 401 401 200 200", billing.payments.ListPaymentProblems()),
    Line(billing.payments.BOOK_DISPUTE,     "403 403 403 403 403 403 401 401 404 404", billing.payments.BookDispute(dispute=e.NEW_WORD, amount=money("5"))),
    Line(billing.documents.CREDIT_INVOICE,  "403 403 403 403 403 403 401 401 404 404", billing.documents.CreditInvoice(number="INV-1999-000001", reason="as asked")),
    Line(billing.documents.COMPLETE_INVOICE, "403 403 403 403 403 403 401 401 404 404", billing.documents.CompleteInvoice(number="INV-1999-000001")),
    Line(billing.documents.REBUILD_DOCUMENT, "403 403 403 403 403 403 401 401 404 404", billing.documents.RebuildDocument(number="INV-1999-000001")),
    Line(billing.documents.EXPORT_DOCUMENTS, "403 403 403 403 403 403 401 401 200 200", billing.documents.ExportDocuments(first_day=date(2026, 1, 1), last_day=date(2026, 12, 31))),
    Line(billing.exchange_rates.IMPORT_EXCHANGE_RATES, "403 403 403 403 403 403 401 401 200 200", billing.exchange_rates.ImportExchangeRates(rates=[billing.exchange_rates.ExchangeRate(day=date(2026, 1, 2), currency="USD", rate=Decimal("1.1"))], source="ECB")),
    Line(billing.payments.RECONCILE_PAYMENTS, "403 403 403 403 403 403 401 401 200 200", billing.payments.ReconcilePayments()),
)
# fmt: on

LINES = (*IDENTITY, *INVENTORY, *BILLING)

SHOWS_TEXTS = {
    identity.signing_in.LOG_IN,
    identity.signing_in.RESUME_SESSION,
    identity.signing_in.SWITCH_COMPANY,
    identity.people.GET_ACCOUNT,
    identity.companies.GET_COMPANY,
    identity.memberships.LIST_MEMBERS,
    inventory.reading.DASHBOARD,
    inventory.reading.LIST_SERVICES,
    inventory.reading.GET_SERVICE,
    inventory.reading.NAME_SERVICES,
    billing.dashboard.DASHBOARD,
}
"""What customers read that bears their company's word: silence would prove nothing."""


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line.method))
def test_everybody_is_answered_or_refused_as_the_table_says(
    world: World, line: Line
) -> None:
    wrong = []
    filler = e.Filler(world)
    for person, cell in line.expected().items():
        found = _try(filler, line, person, cell)
        if found != cell:
            wrong.append(f"{line.method} by {person}: {found}, should be {cell}")

    assert wrong == []


def test_every_method_has_its_line() -> None:
    known = {line.method for line in LINES}
    missing = [
        str(method)
        for contract in CONTRACTS
        for method in contract.methods
        if method not in known
    ]

    assert missing == [], (
        f"say for each who may call it: add a Line to the table in {__file__}"
    )


def test_what_is_looked_for_is_there_for_its_own_company(world: World) -> None:
    """Without this, a matrix of answers without any text would be worth nothing."""
    silent = []
    for line in LINES:
        if line.method not in SHOWS_TEXTS:
            continue
        for person, word in (("owner", OUR_WORD), (STRANGER, THEIR_WORD)):
            if line.expected()[person] not in {"200", "own"}:
                continue
            request = e.Filler(world).fill(line.example, person)
            if word not in _said(world.call(person, line.method, request)):
                silent.append(f"{line.method} to {person}")

    assert silent == []


def _try(filler: e.Filler, line: Line, person: str, cell: str) -> str:
    """Call as somebody; says what came of it, as a cell or, when worse, in words."""
    world, service = filler.world, line.method.service
    request = filler.fill(line.example, person)
    spared = _spared(world, line, cell)
    before = None if spared is None else world.contents(service, spared)
    try:
        said, found = _said(world.call(person, line.method, request)), "200"
        filler.used_up()
    except ContractError as refusal:
        said, found = repr(refusal).lower(), str(refusal.http_status)
    if person in CUSTOMERS and _foreign_word(person) in said:
        return f"{found} with a word of the other company: {said}"
    if before is not None:
        after = world.contents(service, spared)
        if changed := [name for name in after if after[name] != before[name]]:
            return f"{found} that changed {', '.join(changed)}"
    return "own" if found == "200" and cell == "own" else found


def _spared(world: World, line: Line, cell: str) -> object:
    """What rows must have in them to stay as they are: all do after a refusal."""
    if line.method in FAILED_TRIES_ARE_KEPT:
        return None
    match cell:
        case "200":
            return None
        case "own":
            return world.ours.company_id
        case _:
            return ""


def _foreign_word(person: str) -> str:
    return OUR_WORD if person == STRANGER else THEIR_WORD


def _said(answer: object) -> str:
    return to_json(answer).decode().lower()
