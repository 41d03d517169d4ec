"""The form that changes the password."""

from collections.abc import Mapping
from typing import ClassVar

from flask_babel import lazy_gettext as _
from wtforms import PasswordField
from wtforms.validators import InputRequired

from shared.contracts import identity
from web.page.forms import PageForm, about_new_password, new_password_field
from web.page.session.signed_in import renew_own_session
from web.page.visit import begin_live_visit


class ChangePasswordForm(PageForm):
    refusals: ClassVar[Mapping[str, str]] = {
        "wrong_password": "current",
        "too_many_passwords": "current",
        "password_changed_meanwhile": "current",
        "password_same": "new",
        **about_new_password("new"),
    }

    current = PasswordField(
        _("Current password"),
        [InputRequired(_("Enter your current password."))],
        render_kw={"autocomplete": "current-password"},
    )
    new = new_password_field()

    def change(self) -> None:
        """Change the signed-in person's password.

        Raises what a `Visit` and the method raise.
        """
        wanted = identity.passwords.ChangePassword(
            current=self.current.data or "", new=self.new.data or ""
        )
        visit = begin_live_visit()
        renewed = visit.start(identity.passwords.CHANGE_PASSWORD, wanted).result()
        renew_own_session(visit, renewed)
