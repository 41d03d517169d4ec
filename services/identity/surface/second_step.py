"""The second step at log-in."""

from services.identity.surface.room_methods import RoomMethods
from shared.contracts import identity
from shared.rpc.call import Call
from shared.rpc.service import handles


class SecondStepMethods(RoomMethods, is_part=True):
    @handles(identity.second_step.GET_PENDING_LOGIN)
    def get_pending_login(
        self, call: Call, request: identity.second_step.GetPendingLogin
    ) -> identity.signing_in.PendingLogin:
        return self._second_step.get_pending(request.token, call.now)

    @handles(identity.second_step.ANSWER_SECOND_STEP)
    def answer_second_step(
        self, call: Call, request: identity.second_step.AnswerSecondStep
    ) -> identity.signing_in.Session:
        return self._second_step.answer(request, call)

    @handles(identity.second_step.PROPOSE_TOTP_AT_LOGIN)
    def propose_totp_at_login(
        self, call: Call, request: identity.second_step.ProposeTotpAtLogin
    ) -> identity.factors.TotpProposal:
        return self._second_step.propose_app(request.token, call.now)

    @handles(identity.second_step.SET_UP_TOTP_AT_LOGIN)
    def set_up_totp_at_login(
        self, call: Call, request: identity.second_step.SetUpTotpAtLogin
    ) -> identity.second_step.SetUp:
        return self._second_step.set_up_app(request, call)

    @handles(identity.second_step.BEGIN_PASSKEY_AT_LOGIN)
    def begin_passkey_at_login(
        self, call: Call, request: identity.second_step.BeginPasskeyAtLogin
    ) -> identity.passkeys.CeremonyOptions:
        options = self._passkey_logins.begin_set_up(request.token, call)
        return identity.passkeys.CeremonyOptions(options=options)

    @handles(identity.second_step.SET_UP_PASSKEY_AT_LOGIN)
    def set_up_passkey_at_login(
        self, call: Call, request: identity.second_step.SetUpPasskeyAtLogin
    ) -> identity.second_step.SetUp:
        return self._passkey_logins.set_up(request, call)
