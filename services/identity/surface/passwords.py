"""Passwords: changing one, and setting a new one by a mailed link."""

from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts import identity
from shared.contracts.identity.renewed_session import RenewedSession
from shared.rpc.call import Call
from shared.rpc.service import handles


class PasswordMethods(RoomMethods, is_part=True):
    @handles(identity.passwords.CHANGE_PASSWORD)
    def change_password(
        self, call: Call, request: identity.passwords.ChangePassword
    ) -> RenewedSession:
        return self._password_changes.change(call, request, self._signing_key)

    @handles(identity.passwords.ASK_FOR_RESET)
    def ask_for_reset(
        self, call: Call, request: identity.passwords.AskForReset
    ) -> Nothing:
        self._resets.ask(call, request)
        return Nothing()

    @handles(identity.passwords.FIND_RESET)
    def find_reset(
        self, call: Call, request: identity.passwords.FindReset
    ) -> identity.passwords.Reset:
        return self._resets.find(request.token, call.now)

    @handles(identity.passwords.RESET_PASSWORD)
    def reset_password(
        self, call: Call, request: identity.passwords.ResetPassword
    ) -> Nothing:
        self._resets.reset(call, request)
        return Nothing()
