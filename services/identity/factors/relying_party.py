"""The relying party: us, as authenticators know us, and the checks of their answers.

All that knows py_webauthn is here. User verification (a finger, a face or a PIN) is
asked for and checked in both ceremonies, so a passkey is two factors in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from webauthn.authentication.verify_authentication_response import (
    VerifiedAuthentication,
)
from webauthn.helpers import (
    options_to_json,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from services.identity.factors.challenges import LIFETIME
from services.identity.models.passkeys import Passkey
from services.identity.models.people import User
from shared.errors import ContractError, InvalidInput
from shared.settings import Provider

MAX_CREDENTIAL_LENGTH = 32_000
"""Of the JSON text; a key of 4096 bits with its attestation has some 10,000."""

_TIMEOUT_MS = int(LIFETIME.total_seconds() * 1000)
_DEFECTS = (
    WebAuthnException,
    InvalidSignature,
    UnsupportedAlgorithm,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What py_webauthn and the parsers below it raise for bytes that make no sense."""


@dataclass(frozen=True)
class Registration:
    """A browser's answer to the creation of a passkey, which is not checked yet."""

    credential: RegistrationCredential
    challenge: bytes


@dataclass(frozen=True)
class Assertion:
    """A browser's answer to the use of a passkey, which is not checked yet.

    ``user_handle`` is None where the authenticator doesn't keep it.
    """

    credential: AuthenticationCredential
    challenge: bytes

    @property
    def credential_id(self) -> bytes:
        return self.credential.raw_id

    @property
    def user_handle(self) -> bytes | None:
        return self.credential.response.user_handle


@dataclass(frozen=True)
class RelyingParty:
    """``domain`` is what passkeys belong to, ``origin`` where they may be used."""

    domain: str
    origin: str
    name: str

    @classmethod
    def of(cls, public_url: str, provider: Provider) -> Self:
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        default = {"http": 80, "https": 443}[parts.scheme]
        port = "" if parts.port in {None, default} else f":{parts.port}"
        return cls(host, f"{parts.scheme}://{host}{port}", provider.name)

    def creation_options(
        self, user: User, known: Sequence[Passkey], challenge: bytes
    ) -> str:
        """Return what the browser makes a passkey of; ``known`` are made already."""
        options = webauthn.generate_registration_options(
            rp_id=self.domain,
            rp_name=self.name,
            user_id=user.id.bytes,
            user_name=user.email,
            user_display_name=user.name,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_descriptors(known),
        )
        return options_to_json(options)

    def request_options(self, challenge: bytes, allowed: Sequence[Passkey] = ()) -> str:
        """Return what the browser asks for a passkey with: of us, or of ``allowed``."""
        options = webauthn.generate_authentication_options(
            rp_id=self.domain,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            allow_credentials=_descriptors(allowed),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def check_registration(self, answer: Registration) -> VerifiedRegistration:
        """Check a new passkey.

        Raises:
            InvalidInput: ``passkey_refused``.
        """
        try:
            return webauthn.verify_registration_response(
                credential=answer.credential,
                expected_challenge=answer.challenge,
                expected_rp_id=self.domain,
                expected_origin=self.origin,
                require_user_verification=True,
            )
        except _DEFECTS as defect:
            raise _refused(defect) from defect

    def check_assertion(
        self, answer: Assertion, passkey: Passkey
    ) -> VerifiedAuthentication:
        """Check that a passkey was used, and that nobody used a copy of it before.

        Raises:
            InvalidInput: ``passkey_refused``; the count of its uses went back, for one.
        """
        try:
            return webauthn.verify_authentication_response(
                credential=answer.credential,
                expected_challenge=answer.challenge,
                expected_rp_id=self.domain,
                expected_origin=self.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except _DEFECTS as defect:
            raise _refused(defect) from defect


def read_registration(text: str) -> Registration:
    """Read a browser's answer.

    Raises:
        InvalidInput: ``passkey_refused``.
    """
    try:
        credential = parse_registration_credential_json(_limited(text))
        return Registration(credential, _challenge_of(credential))
    except _DEFECTS as defect:
        raise _refused(defect) from defect


def read_assertion(text: str) -> Assertion:
    """Read a browser's answer.

    Raises:
        InvalidInput: ``passkey_refused``.
    """
    try:
        credential = parse_authentication_credential_json(_limited(text))
        return Assertion(credential, _challenge_of(credential))
    except _DEFECTS as defect:
        raise _refused(defect) from defect


def _limited(text: str) -> str:
    if len(text) > MAX_CREDENTIAL_LENGTH:
        raise ValueError("too long")
    return text


def _challenge_of(
    credential: RegistrationCredential | AuthenticationCredential,
) -> bytes:
    return parse_client_data_json(credential.response.client_data_json).challenge


def _refused(defect: Exception) -> ContractError:
    # What py_webauthn says may quote an answer, which can be anything.
    says_why = isinstance(defect, WebAuthnException)
    return InvalidInput(
        "passkey_refused", ascii(str(defect)) if says_why else type(defect).__name__
    )


def _descriptors(passkeys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=each.credential_id) for each in passkeys]
