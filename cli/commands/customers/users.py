"""``client-area users``: the people who log in."""

from base64 import b64decode
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from cli.batches import pages, print_progress
from cli.context import CommandContext
from launcher.machine.files import write_atomically
from shared.contracts import identity
from shared.contracts.identity.accounts import leaving, operating
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.language.translation import gettext as _
from shared.language.translation import mark

PERSONAL_STEPS = (
    VerificationStep.EMAIL,
    VerificationStep.PHONE,
    VerificationStep.IDENTITY_DOCUMENT,
)


@click.group()
def users() -> None:
    """Manage the people who log in."""


@users.command("create")
@click.option("--email", required=True, help="The email address they log in with.")
@click.option("--name", required=True, help="Their full name.")
@click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Their initial password; you are prompted if you leave it out.",
)
@click.option("--time-zone", default="UTC", help="An IANA name, such as Europe/Berlin.")
@click.option("--locale", default="en", help="A BCP 47 tag, such as de or en-GB.")
@click.option(
    "--email-verified", is_flag=True, help="You have verified the email address."
)
@click.pass_obj
def create_user(  # noqa: PLR0913  a user has these parts
    context: CommandContext,
    /,
    *,
    email: str,
    name: str,
    password: str,
    time_zone: str,
    locale: str,
    email_verified: bool,
) -> None:
    """Create a user and print their ID."""
    request = identity.people.CreateUser(
        email=email,
        name=name,
        password=password,
        time_zone=time_zone,
        locale=locale,
        email_verified=email_verified,
    )
    click.echo(context.call(identity.people.CREATE_USER, request).id)


@users.command("verify")
@click.option("--user", type=click.UUID, required=True, help="The user's ID.")
@click.option(
    "--step",
    required=True,
    type=click.Choice([step.value for step in PERSONAL_STEPS]),
    help="The verification step.",
)
@click.option(
    "--state",
    default=VerificationState.VERIFIED.value,
    type=click.Choice([state.value for state in VerificationState]),
    help="The result.",
)
@click.option("--reason", default="", help="If rejected: the reason the user sees.")
@click.pass_obj
def verify_user(
    context: CommandContext, user: UUID, step: str, state: str, reason: str
) -> None:
    """Record the result of one of a user's verification steps."""
    request = identity.people.SetVerification(
        user_id=user,
        step=VerificationStep(step),
        state=VerificationState(state),
        reason=reason,
    )
    context.call(identity.people.SET_VERIFICATION, request)
    click.echo(_("Recorded."))


@users.command("reset-2fa")
@click.option("--email", required=True, help="The user's email address.")
@click.option("--reason", default="", help="How you made sure who is asking.")
@click.option("--cancel", is_flag=True, help="Cancel a reset that is waiting.")
@click.pass_obj
def reset_two_factor(
    context: CommandContext, /, *, email: str, reason: str, cancel: bool
) -> None:
    """Remove a user's second factors after a waiting period.

    The user gets a mail at once. A login with a second factor cancels the reset.
    """
    if cancel:
        undo = identity.factors.CancelTwoFactorReset(email=email)
        context.call(identity.factors.CANCEL_TWO_FACTOR_RESET, undo)
        click.echo(_("The reset is cancelled."))
        return
    request = identity.factors.ResetTwoFactor(email=email, reason=reason)
    reset = context.call(identity.factors.RESET_TWO_FACTOR, request)
    click.echo(
        _(
            "The second factors will be removed at %(due_at)s.",
            due_at=reset.due_at.isoformat(timespec="minutes"),
        )
    )


@users.command("end-sessions")
@click.option("--email", help="The user's email address.")
@click.option("--everyone", is_flag=True, help="End the sessions of all users.")
@click.pass_obj
def end_sessions(
    context: CommandContext, /, *, email: str | None, everyone: bool
) -> None:
    """Log a user out everywhere, or all users.

    They can log in again. One user's devices count as new ones from then on.
    """
    if bool(email) == everyone:
        raise click.UsageError(_("Give either --email or --everyone."))
    message = mark("sessions ended: %(count)s")
    if email:
        request = identity.sessions.EndSessionsOf(email=email)
        ended = context.call(identity.sessions.END_SESSIONS_OF, request)
        print_progress(message, [ended.count])
        return

    def end_some(_place: int | None) -> int:
        request = identity.sessions.EndSomeSessions()
        return context.call(identity.sessions.END_SOME_SESSIONS, request).count

    print_progress(message, pages(end_some, lambda count: count or None))


@users.command("log-marks")
@click.option("--email", default="", show_default=False, help="An email address.")
@click.option("--address", default="", show_default=False, help="An IP address.")
@click.pass_obj
def log_marks(context: CommandContext, email: str, address: str) -> None:
    """Print the marks of an account or address in identity's log.

    Search for them in the lines `signed_in` and `sign_in_refused`.
    """
    request = identity.signing_in.GetLogMarks(email=email, address=address)
    marks = context.call(identity.signing_in.GET_LOG_MARKS, request)
    for what, found in (("account", marks.account), ("address", marks.address)):
        if found:
            click.echo(f"{what}  {found}")


@users.command("list")
@click.option("--email", default="", show_default=False, help="How emails begin.")
@click.pass_obj
def list_users(context: CommandContext, email: str) -> None:
    """List users by email: ID, last login, email, name."""

    def ask(after: str | None) -> operating.ListedUsers:
        request = operating.ListUsers(email=email, after=after or "")
        return context.call(operating.LIST_USERS, request)

    for page in pages(ask, lambda page: page.next):
        for it in page.users:
            seen = f"{it.last_login_at:%Y-%m-%d}" if it.last_login_at else _("never")
            locked = f"  ({_('locked')})" if it.is_locked else ""
            click.echo(f"{it.user_id}  {seen:10}  {it.email}  {it.name}{locked}")


@users.command("show")
@click.option("--email", required=True, help="The user's email address.")
@click.pass_obj
def show_user(context: CommandContext, email: str) -> None:
    """Show a user: companies and roles, verification, terms, sessions, lock."""
    found = context.call(operating.SHOW_USER, operating.ShowUser(email=email))
    user = found.user
    two_factor = _("on") if user.two_factor_enabled else _("off")
    lines: list[tuple[str, object]] = [
        (_("ID"), user.id),
        (_("Email"), user.email),
        (_("Name"), user.name),
        (_("Language and time zone"), f"{user.locale}, {user.time_zone}"),
        (_("Created"), _moment(found.created_at)),
        (_("Last login"), _moment(found.last_login_at)),
        (_("Open sessions"), found.open_sessions),
        (_("Two-Factor Authentication"), two_factor),
        (_("Locked"), _moment(found.locked_at)),
        (_("Reason for the lock"), found.lock_reason),
    ]
    lines += [(_("Company"), _membership(each)) for each in found.memberships]
    lines += [
        (_("Verification"), f"{each.step.value}: {each.state.value}")
        for each in found.verifications
    ]
    lines += [
        (_("Terms"), f"{each.version}, {_moment(each.accepted_at)}")
        for each in found.terms
    ]
    for label, value in lines:
        if value not in {"", None}:
            click.echo(f"{label}: {value}")


@users.command("lock")
@click.option("--email", required=True, help="The user's email address.")
@click.option("--reason", required=True, help="Why, for operators only.")
@click.pass_obj
def lock_user(context: CommandContext, email: str, reason: str) -> None:
    """End a user's sessions and refuse their logins until you unlock them."""
    context.call(operating.LOCK_USER, operating.LockUser(email=email, reason=reason))
    click.echo(_("Locked."))


@users.command("unlock")
@click.option("--email", required=True, help="The user's email address.")
@click.pass_obj
def unlock_user(context: CommandContext, email: str) -> None:
    """Let a locked user log in again."""
    context.call(operating.UNLOCK_USER, operating.UnlockUser(email=email))
    click.echo(_("Unlocked."))


@users.command("export")
@click.option("--email", required=True, help="The user's email address.")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder for the file.",
)
@click.pass_obj
def export_user(context: CommandContext, email: str, folder: Path) -> None:
    """Save all that is kept of a person, except secrets, as a ZIP of JSON files."""
    made = context.call(leaving.EXPORT_USER, leaving.ExportUser(email=email))
    file = folder / Path(made.file_name).name
    write_atomically(file, b64decode(made.content))
    click.echo(str(file))


@users.command("erase")
@click.option("--email", required=True, help="The user's email address.")
@click.confirmation_option(prompt="Erase this person permanently?")
@click.pass_obj
def erase_user(context: CommandContext, email: str) -> None:
    """Erase a person permanently, as far as the law allows.

    They leave their companies. First close those that only they own, or add another
    owner.
    """
    context.call(leaving.ERASE_USER, leaving.EraseUser(email=email))
    click.echo(_("Erased."))


def _membership(it: identity.memberships.CompanyMembership) -> str:
    standing = it.standing.value
    return f"{it.company_name} ({it.company_id}), {it.role.value}, {standing}"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
