"""A person's passkeys as a part of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from wtforms import HiddenField

from shared.contracts.identity.passkeys import (
    LIST_PASSKEYS,
    ListPasskeys,
    Passkey,
    Passkeys,
)
from shared.contracts.identity.people import User
from web.page.context import context
from web.page.forms import PageForm
from web.page.htmx import request
from web.page.page import Page

_NAME = "passkeys"


class AddPasskeyForm(PageForm):
    """``credential`` is what the browser's WebAuthn call answered, as JSON."""

    credential = HiddenField()


@dataclass(frozen=True)
class PasskeysView:
    """See templates/account/_passkeys.html.

    ``at`` is `WebSettings.address_for_passkeys`; ``signals`` tell the browser's
    password manager which passkeys there still are, and whose.
    """

    passkeys: Sequence[Passkey]
    at: str | None
    form: AddPasskeyForm
    signals: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, listed: Passkeys, user: User, *, is_fresh: bool) -> Self:
        return cls(
            passkeys=listed.passkeys,
            at=context().settings.address_for_passkeys(request.host),
            form=AddPasskeyForm(formdata=None),
            # An old list may lack a new passkey, which would be hidden then.
            signals=_signals(listed, user) if is_fresh else {},
        )


def ask_for_passkeys(page: Page) -> None:
    """Ask for the reader's passkeys, as a part of this page."""
    page.ask(_NAME, LIST_PASSKEYS, ListPasskeys(), optional=True)


def passkeys_of(page: Page) -> PasskeysView | None:
    """Wait for the passkeys; None when they can't be loaded."""
    listed: Passkeys | None = page.answer(_NAME)
    if listed is None:
        return None
    user = page.load_frame().user
    is_fresh = page.answer(_NAME, fresh=True) is not None
    return PasskeysView.of(listed, user, is_fresh=is_fresh)


def _signals(listed: Passkeys, user: User) -> dict[str, object]:
    """WebAuthn, level 3, 5.1.10: signal methods."""
    whose = {"rpId": listed.relying_party, "userId": listed.user_handle}
    ids = [each.credential_id for each in listed.passkeys]
    return {
        "signalAllAcceptedCredentials": whose | {"allAcceptedCredentialIds": ids},
        "signalCurrentUserDetails": whose
        | {"name": user.email, "displayName": user.name},
    }
