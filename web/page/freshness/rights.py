"""What members may do, as events say, against principals made before.

A principal is good for minutes. Once an event says that its person has left the company
or has another role there, that the company requires a second factor that they may not
have, or that it was closed, locked or unlocked, it is used no more: identity is asked
for another one.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec

from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.identity.companies import COMPANY_CHANGED, Company
from shared.contracts.identity.factors import TWO_FACTOR_CHANGED, TwoFactorState
from shared.contracts.identity.memberships import MEMBERSHIP_CHANGED, Membership, Role
from shared.principal import Principal

_KeyT = TypeVar("_KeyT")
_ValueT = TypeVar("_ValueT")

_SKEW = timedelta(seconds=4)
"""How far the clocks of identity's machine and this one may differ."""

_ABOUT_MEMBERSHIPS = (MEMBERSHIP_CHANGED.source, MEMBERSHIP_CHANGED.name)
_ABOUT_COMPANIES = (COMPANY_CHANGED.source, COMPANY_CHANGED.name)
_ABOUT_FACTORS = (TWO_FACTOR_CHANGED.source, TWO_FACTOR_CHANGED.name)
EVENTS = frozenset({_ABOUT_MEMBERSHIPS, _ABOUT_COMPANIES, _ABOUT_FACTORS})
"""The source and name of each event that is read here."""


class Rights:
    """Told by a follower of events, from its thread; asked by those that answer."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._roles: OrderedDict[tuple[UUID, UUID], tuple[int, Role | None]]
        self._roles = OrderedDict()
        self._restricted: OrderedDict[UUID, datetime] = OrderedDict()
        self._factors: OrderedDict[UUID, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def receive(
        self, event: tuple[str, str], version: int, body: bytes, now: datetime
    ) -> None:
        """Take in the body of one of `EVENTS`; an older one changes nothing.

        Raises:
            msgspec.MsgspecError: it can't be read.
        """
        with self._lock:
            if event == _ABOUT_MEMBERSHIPS:
                member = msgspec.json.decode(body, type=Membership)
                key = (member.company_id, member.user_id)
                known = self._roles.get(key)
                if known is None or known[0] < version:
                    self._note(self._roles, key, (version, member.role))
            elif event == _ABOUT_COMPANIES:
                company = msgspec.json.decode(body, type=Company)
                is_open = company.standing is Standing.OPEN
                # One that is unlocked gives back what it took.
                was_noted = company.id in self._restricted
                if company.requires_two_factor or not is_open or was_noted:
                    self._note(self._restricted, company.id, now)
            else:
                state = msgspec.json.decode(body, type=TwoFactorState)
                self._note(self._factors, state.user_id, now)

    def have_changed(self, principal: Principal) -> bool:
        """Whether a principal's person may have other rights now."""
        if principal.company_id is None:
            return False
        made_at = principal.issued_at
        with self._lock:
            known = self._roles.get((principal.company_id, principal.user_id))
            restricted_at = self._restricted.get(principal.company_id)
            factors_at = self._factors.get(principal.user_id)
        has_other_role = known is not None and _name(known[1]) != principal.role
        since = [at for at in (restricted_at, factors_at) if at is not None]
        return has_other_role or any(made_at <= at + _SKEW for at in since)

    def _note(
        self, known: OrderedDict[_KeyT, _ValueT], key: _KeyT, value: _ValueT
    ) -> None:
        known[key] = value
        known.move_to_end(key)
        if len(known) > self._capacity:
            known.popitem(last=False)


def _name(role: Role | None) -> str | None:
    return role.value if role else None
