"""People's second factors, and what operators do about lost ones."""

from sqlalchemy.orm import Session

from services.identity.factors import passkeys, recovery_codes, totp, two_factor
from services.identity.factors.codes import try_code
from services.identity.people import users
from services.identity.recording import record_of
from services.identity.sessions import sessions
from services.identity.signing_in import factor_resets
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts import identity
from shared.contracts.identity.renewed_session import RenewedSession
from shared.errors import InvalidInput
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class FactorMethods(RoomMethods, is_part=True):
    """Methods for a person's own factors, which count in all their companies.

    So they are read for the system, but by the principal's own user id alone.
    """

    @handles(identity.factors.GET_FACTORS)
    def get_factors(
        self, call: Call, _request: identity.factors.GetFactors
    ) -> identity.factors.Factors:
        with self.database.system() as db:
            user = users.get_user(db, call.principal.user_id)
            app = totp.find_app(db, user.id)
            reset = factor_resets.find(db, user.id)
            return identity.factors.Factors(
                is_on=user.two_factor_enabled,
                is_required=self._settings.is_factor_required,
                totp_since=app.created_at if app else None,
                recovery_codes_left=recovery_codes.count_left(db, user.id),
                reset_due_at=reset.due_at if reset else None,
                has_passkey=bool(passkeys.passkeys_of(db, user.id)),
            )

    @handles(identity.factors.PROPOSE_TOTP)
    def propose_totp(
        self, call: Call, _request: identity.factors.ProposeTotp
    ) -> identity.factors.TotpProposal:
        with self.database.system() as db:
            user = users.get_user(db, call.principal.user_id)
        keys, random = self._secrets.keys, self.runtime.random
        return totp.propose(keys, user, random, call.now)

    @handles(identity.factors.TURN_ON_TOTP)
    def turn_on_totp(
        self, call: Call, request: identity.factors.TurnOnTotp
    ) -> identity.factors.TurnedOnTotp:
        with self.database.system() as db:
            change = self.change(db, call)
            user = users.lock_user(db, call.principal.user_id)
            # Another app in place of the one that protects the account: who has only
            # taken over a session must not be able to do that.
            may_replace = totp.find_app(db, user.id) is None or try_code(
                change, self._secrets, user, request.proof
            )
            if may_replace:
                codes = two_factor.turn_on_app(
                    change, self._secrets, user, request.proposal, request.code
                )
                record_of(change, user)
                session = sessions.renew_own_session(change, user, self._signing_key)
                return identity.factors.TurnedOnTotp(
                    session=session, recovery_codes=codes
                )
        raise InvalidInput("wrong_code", "", {"field": "proof"})

    @handles(identity.factors.RENEW_RECOVERY_CODES)
    def renew_recovery_codes(
        self, call: Call, _request: identity.factors.RenewRecoveryCodes
    ) -> identity.factors.RecoveryCodes:
        with self.database.system() as db:
            user = users.lock_user(db, call.principal.user_id)
            change = self.change(db, call)
            codes = two_factor.renew_recovery_codes(change, self._secrets, user)
            record_of(change, user)
            return identity.factors.RecoveryCodes(codes=codes)

    @handles(identity.factors.REMOVE_TOTP)
    def remove_totp(
        self, call: Call, request: identity.factors.RemoveTotp
    ) -> RenewedSession:
        with self.database.system() as db:
            change = self.change(db, call)
            user = users.lock_user(db, call.principal.user_id)
            is_removed = two_factor.remove_app(
                change,
                self._secrets,
                user,
                request.code,
                is_required=self._settings.is_factor_required,
            )
            if is_removed:
                record_of(change, user)
                return sessions.renew_own_session(change, user, self._signing_key)
        raise InvalidInput("wrong_code")

    @in_transaction(identity.factors.IMPORT_TOTP)
    def import_totp(
        self, db: Session, call: Call, request: identity.factors.ImportTotp
    ) -> Nothing:
        user = users.lock_user(db, request.user_id)
        two_factor.import_app(
            self.change(db, call), self._secrets, user, request.secret
        )
        return Nothing()

    @in_transaction(identity.factors.RESET_TWO_FACTOR)
    def reset_two_factor(
        self, db: Session, call: Call, request: identity.factors.ResetTwoFactor
    ) -> identity.factors.TwoFactorReset:
        return factor_resets.ask(
            self.change(db, call), request, self._settings.reset_wait
        )

    @in_transaction(identity.factors.CANCEL_TWO_FACTOR_RESET)
    def cancel_two_factor_reset(
        self, db: Session, call: Call, request: identity.factors.CancelTwoFactorReset
    ) -> identity.factors.TwoFactorKept:
        user = factor_resets.cancel_by_email(self.change(db, call), request.email)
        return identity.factors.TwoFactorKept(user_id=user.id)
