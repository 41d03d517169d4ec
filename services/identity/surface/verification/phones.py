"""Verifying one's mobile number."""

from sqlalchemy.orm import Session

from services.identity.people import users
from services.identity.recording import record_of
from services.identity.surface.room_methods import RoomMethods
from services.identity.verification import phone_codes
from shared.contract import Nothing
from shared.contracts.identity.verification.phones import (
    ASK_FOR_PHONE_CODE,
    CONFIRM_PHONE,
    GET_PHONE,
    REMOVE_PHONE,
    AskForPhoneCode,
    AwaitedPhone,
    ConfirmPhone,
    GetPhone,
    Phone,
    PhoneInUse,
    RemovePhone,
)
from shared.errors import InvalidInput
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class PhoneMethods(RoomMethods, is_part=True):
    """A person's number counts in all their companies."""

    @in_transaction(GET_PHONE)
    def get_phone(self, db: Session, call: Call, _request: GetPhone) -> Phone:
        return self._phone_codes.view(db, call.principal.user_id, call.now)

    @in_transaction(ASK_FOR_PHONE_CODE)
    def ask_for_phone_code(
        self, db: Session, call: Call, request: AskForPhoneCode
    ) -> AwaitedPhone:
        return self._phone_codes.ask(self.change(db, call), request)

    @handles(CONFIRM_PHONE)
    def confirm_phone(self, call: Call, request: ConfirmPhone) -> PhoneInUse:
        with self.database.system() as db:
            change = self.change(db, call)
            user = users.lock_user(db, call.principal.user_id)
            tries_left = self._phone_codes.confirm(change, user, request.code)
            if tries_left is None:
                record_of(change, user)
                return PhoneInUse(number=user.phone)
        about = {"tries_left": tries_left}
        raise InvalidInput("wrong_phone_code", parameters=about)

    @handles(REMOVE_PHONE)
    def remove_phone(self, call: Call, _request: RemovePhone) -> Nothing:
        with self.database.system() as db:
            change = self.change(db, call)
            user = users.lock_user(db, call.principal.user_id)
            phone_codes.remove_phone(change, user)
            record_of(change, user)
            return Nothing()
