"""What the page shows of each session."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from flask_babel import gettext as _

from shared.contracts.identity.sessions import OpenSession
from web.page.forms import ChangeForm

_PHONES = frozenset({"Android", "iOS", "iPadOS"})


@dataclass(frozen=True)
class SessionView:
    """``name`` is the browser and its system, in words; ``form`` ends the session."""

    session: OpenSession
    name: str
    icon: str
    form: ChangeForm


@dataclass(frozen=True)
class SessionsView:
    current: SessionView | None
    others: Sequence[SessionView]
    form: ChangeForm
    """Ends all others."""

    @classmethod
    def of(cls, sessions: Sequence[OpenSession]) -> Self:
        views = [_view(it) for it in sessions]
        return cls(
            current=next((it for it in views if it.session.is_current), None),
            others=[it for it in views if not it.session.is_current],
            form=ChangeForm(formdata=None),
        )


def _view(it: OpenSession) -> SessionView:
    icon = "device-mobile" if it.system in _PHONES else "device-desktop"
    return SessionView(it, _name(it), icon, ChangeForm(formdata=None))


def _name(it: OpenSession) -> str:
    if it.browser and it.system:
        return _("%(browser)s on %(system)s", browser=it.browser, system=it.system)
    return it.browser or it.system or _("Unknown device")
