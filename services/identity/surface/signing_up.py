"""Signing up."""

from services.identity.signing_up import requests
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts.identity.accounts import signing_up
from shared.rpc.call import Call
from shared.rpc.service import handles


class SigningUpMethods(RoomMethods, is_part=True):
    @handles(signing_up.ASK_TO_SIGN_UP)
    def ask_to_sign_up(self, call: Call, request: signing_up.AskToSignUp) -> Nothing:
        self._sign_ups.check_on()
        with self.database.system() as db:
            requests.ask_to_sign_up(self.change(db, call), self._limits, request)
        self._sign_ups_asked.set()
        return Nothing()

    @handles(signing_up.FIND_SIGN_UP)
    def find_sign_up(
        self, call: Call, request: signing_up.FindSignUp
    ) -> signing_up.SignUpLink:
        return self._sign_ups.find(request, call.now)

    @handles(signing_up.SIGN_UP)
    def sign_up(self, call: Call, request: signing_up.SignUp) -> signing_up.SignedUp:
        return self._sign_ups.sign_up(request, call)
