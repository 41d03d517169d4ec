"""What the methods of several rooms share."""

import threading

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from services.identity.companies.accepting import Accepting
from services.identity.companies.contacts import ContactLinks
from services.identity.credentials.password_changes import NewPasswords, PasswordChanges
from services.identity.credentials.resets import Resets
from services.identity.factors.codes import FactorSecrets
from services.identity.factors.relying_party import RelyingParty
from services.identity.limits import Limits
from services.identity.mailed_links import MailedLinks
from services.identity.people.passwords import PasswordHashing
from services.identity.settings import IdentitySettings
from services.identity.signing_in.logins import Logins
from services.identity.signing_in.passkey_logins import PasskeyLogins
from services.identity.signing_in.proofs import Proofs
from services.identity.signing_in.second_step import SecondStep
from services.identity.signing_up.sign_ups import SignUps
from services.identity.verification.phone_codes import PhoneCodes
from shared.rpc.service import Service


class RoomMethods(Service, is_part=True):
    """`IdentityService` sets these when it is made."""

    _signing_key: Ed25519PrivateKey
    _operator_key: Ed25519PublicKey
    _hashing: PasswordHashing
    _limits: Limits
    _logins: Logins
    _new_passwords: NewPasswords
    _password_changes: PasswordChanges
    _resets: Resets
    _links: MailedLinks
    _secrets: FactorSecrets
    _settings: IdentitySettings
    _second_step: SecondStep
    _party: RelyingParty
    _passkey_logins: PasskeyLogins
    _proofs: Proofs
    _accepting: Accepting
    _contact_links: ContactLinks
    _links_asked: threading.Event
    _phone_codes: PhoneCodes
    _sign_ups: SignUps
    _sign_ups_asked: threading.Event
    _documents_waiting: threading.Event
