"""Passkeys: logging in with one, and a person's own."""

from sqlalchemy.orm import Session

from services.identity.factors import own_passkeys, passkeys
from services.identity.factors.challenges import Holder, make_challenge
from services.identity.factors.relying_party import read_registration
from services.identity.models.passkeys import Purpose
from services.identity.people import users
from services.identity.recording import record_of
from services.identity.sessions import sessions
from services.identity.surface.room_methods import RoomMethods
from shared.contracts import identity
from shared.contracts.identity.renewed_session import RenewedSession
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class PasskeyMethods(RoomMethods, is_part=True):
    @handles(identity.passkeys.BEGIN_PASSKEY_LOGIN)
    def begin_passkey_login(
        self, call: Call, request: identity.passkeys.BeginPasskeyLogin
    ) -> identity.passkeys.CeremonyOptions:
        options = self._passkey_logins.begin(request, call)
        return identity.passkeys.CeremonyOptions(options=options)

    @handles(identity.passkeys.LOG_IN_WITH_PASSKEY)
    def log_in_with_passkey(
        self, call: Call, request: identity.passkeys.LogInWithPasskey
    ) -> identity.signing_in.Session:
        return self._passkey_logins.log_in(request, call)

    @handles(identity.passkeys.BEGIN_PASSKEY_SECOND_STEP)
    def begin_passkey_second_step(
        self, call: Call, request: identity.passkeys.BeginPasskeySecondStep
    ) -> identity.passkeys.CeremonyOptions:
        options = self._passkey_logins.begin_second_step(request.token, call)
        return identity.passkeys.CeremonyOptions(options=options)

    @handles(identity.passkeys.ANSWER_SECOND_STEP_WITH_PASSKEY)
    def answer_second_step_with_passkey(
        self, call: Call, request: identity.passkeys.AnswerSecondStepWithPasskey
    ) -> identity.signing_in.Session:
        return self._passkey_logins.answer_second_step(request, call)

    @handles(identity.passkeys.BEGIN_PASSKEY_PROOF)
    def begin_passkey_proof(
        self, call: Call, request: identity.passkeys.BeginPasskeyProof
    ) -> identity.passkeys.CeremonyOptions:
        options = self._proofs.begin_with_passkey(request.token, call)
        return identity.passkeys.CeremonyOptions(options=options)

    @handles(identity.passkeys.BEGIN_PASSKEY_REGISTRATION)
    def begin_passkey_registration(
        self, call: Call, _request: identity.passkeys.BeginPasskeyRegistration
    ) -> identity.passkeys.CeremonyOptions:
        with self.database.system() as db:
            user = users.get_user(db, call.principal.user_id)
            known = passkeys.passkeys_of(db, user.id)
            own_passkeys.check_room(known)
            challenge = make_challenge(
                self.change(db, call), self._limits, _session_of(call)
            )
            options = self._party.creation_options(user, known, challenge)
        return identity.passkeys.CeremonyOptions(options=options)

    @handles(identity.passkeys.ADD_PASSKEY)
    def add_passkey(
        self, call: Call, request: identity.passkeys.AddPasskey
    ) -> identity.passkeys.AddedPasskey:
        answer = read_registration(request.credential)
        with self.database.system() as db:
            user = users.lock_user(db, call.principal.user_id)
            passkeys.use_up_challenge(db, _session_of(call), answer, call.now)
            change = self.change(db, call)
            passkey, codes = own_passkeys.add_passkey(
                change, self._secrets, user, self._party, answer
            )
            record_of(change, user)
            session = sessions.renew_own_session(change, user, self._signing_key)
            return identity.passkeys.AddedPasskey(
                passkey=passkeys.view(passkey), session=session, recovery_codes=codes
            )

    @in_transaction(identity.passkeys.LIST_PASSKEYS)
    def list_passkeys(
        self, db: Session, call: Call, _request: identity.passkeys.ListPasskeys
    ) -> identity.passkeys.Passkeys:
        return passkeys.view_all(db, call.principal.user_id, self._party)

    @in_transaction(identity.passkeys.RENAME_PASSKEY)
    def rename_passkey(
        self, db: Session, call: Call, request: identity.passkeys.RenamePasskey
    ) -> identity.passkeys.Passkey:
        user_id = call.principal.user_id
        passkey = own_passkeys.rename_passkey(
            db, user_id, request.passkey_id, request.name
        )
        return passkeys.view(passkey)

    @handles(identity.passkeys.REMOVE_PASSKEY)
    def remove_passkey(
        self, call: Call, request: identity.passkeys.RemovePasskey
    ) -> RenewedSession:
        with self.database.system() as db:
            change = self.change(db, call)
            user = users.lock_user(db, call.principal.user_id)
            is_required = self._settings.is_factor_required
            own_passkeys.remove_passkey(
                change, user, request.passkey_id, is_required=is_required
            )
            record_of(change, user)
            return sessions.renew_own_session(change, user, self._signing_key)


def _session_of(call: Call) -> Holder:
    return Holder(Purpose.REGISTER, str(call.principal.session_id))
