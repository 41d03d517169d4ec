"""What the members' page shows: each person, and who logs in with a password alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from flask_babel import gettext as _

from shared.contracts.identity.factors import Factor
from shared.contracts.identity.members.ownership import OwnershipOffer
from shared.contracts.identity.memberships import Member, Members
from web.page.forms import ChangeForm
from web.page.frame import initials

NAMED = 3
"""Members without a second factor who are named; of more, two and a number."""


@dataclass(frozen=True)
class MemberView:
    """``factor`` says in words what protects the account; empty if nothing does."""

    member: Member
    initials: str
    is_reader: bool
    factor: str
    form: ChangeForm
    """Reminds them."""

    @property
    def name(self) -> str:
        return self.member.name or self.member.email

    @classmethod
    def of(cls, member: Member, reader: UUID) -> Self:
        return cls(
            member,
            initials(member.name or member.email),
            member.user_id == reader,
            _factor(member),
            ChangeForm(formdata=None, of=str(member.user_id)),
        )


@dataclass(frozen=True)
class OfferView:
    """An offer of ownership; the reader has made it, may answer it, or neither."""

    offer: OwnershipOffer
    giver: str
    taker: str
    is_to_reader: bool
    form: ChangeForm


@dataclass(frozen=True)
class MembersView:
    """``with_password_alone`` are names; ``further`` is how many more there are."""

    members: Sequence[MemberView]
    protected: int
    with_password_alone: Sequence[str]
    further: int
    is_required: bool
    offer: OfferView | None
    form: ChangeForm
    """Requires two-factor authentication, or no longer."""

    @property
    def all_protected(self) -> bool:
        return self.protected == len(self.members)

    @property
    def reader_is_protected(self) -> bool:
        return any(it.is_reader and it.factor for it in self.members)

    @classmethod
    def of(cls, found: Members, reader: UUID) -> Self:
        """Put the reader first, then the others by name."""
        first = sorted(
            found.members, key=lambda it: (it.user_id != reader, it.name.lower())
        )
        alone = [it.name or it.email for it in first if not it.two_factor_enabled]
        named = alone if len(alone) <= NAMED else alone[: NAMED - 1]
        return cls(
            members=[MemberView.of(it, reader) for it in first],
            protected=len(first) - len(alone),
            with_password_alone=named,
            further=len(alone) - len(named),
            is_required=found.requires_two_factor,
            offer=_offer(found.offer, first, reader) if found.offer else None,
            form=ChangeForm(formdata=None),
        )


def _offer(offer: OwnershipOffer, members: Iterable[Member], reader: UUID) -> OfferView:
    names = {it.user_id: it.name or it.email for it in members}
    return OfferView(
        offer,
        giver=names.get(offer.from_user_id, ""),
        taker=names.get(offer.to_user_id, ""),
        is_to_reader=offer.to_user_id == reader,
        form=ChangeForm(formdata=None, of="offer"),
    )


def _factor(member: Member) -> str:
    if not member.two_factor_enabled:
        return ""
    if Factor.TOTP in member.factors:
        return _("Authenticator app")
    return _("Passkey") if Factor.PASSKEY in member.factors else _("On")
