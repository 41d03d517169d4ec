"""``client-area users``, ``client-area companies`` and ``client-area members``."""

from uuid import UUID

import click

from cli.batches import pages, print_progress
from cli.context import CommandContext
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
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


@click.group()
def companies() -> None:
    """Manage companies, which own services and wallets."""


@companies.command("list")
@click.option("--name", help="Only companies with this exact name.")
@click.pass_obj
def list_companies(context: CommandContext, name: str | None) -> None:
    """List up to 1000 companies by name: ID, country, name."""
    found = context.call(
        identity.companies.FIND_COMPANIES, identity.companies.FindCompanies(name=name)
    )
    for company in found.companies:
        click.echo(f"{company.id}  {company.address.country}  {company.name}")


@companies.command("create")
@click.option("--name", required=True, help="The legal name.")
@click.option("--owner", type=click.UUID, required=True, help="The owner's user ID.")
@click.option("--country", required=True, help="ISO 3166 code, such as DE.")
@click.option("--street", default="", show_default=False)
@click.option("--postal-code", default="", show_default=False)
@click.option("--city", default="", show_default=False)
@click.option("--region", default="", show_default=False)
@click.option("--time-zone", default="UTC", help="An IANA name, used for billing.")
@click.option("--private", is_flag=True, help="A private individual.")
@click.pass_obj
def create_company(
    context: CommandContext,
    /,
    *,
    name: str,
    owner: UUID,
    time_zone: str,
    private: bool,
    **address: str,
) -> None:
    """Create a company with its owner and print its ID."""
    request = identity.companies.CreateCompany(
        name=name,
        address=identity.companies.Address(**address),
        owner_id=owner,
        time_zone=time_zone,
        is_business=not private,
    )
    click.echo(context.call(identity.companies.CREATE_COMPANY, request).id)


@companies.command("republish")
@click.pass_obj
def republish(context: CommandContext) -> None:
    """Send the current state of all companies again, as events.

    Billing and others that keep a copy of companies update it from these.
    """

    def send_after(last_company: UUID | None) -> identity.companies.Republished:
        request = identity.companies.RepublishCompanies(after_company_id=last_company)
        return context.call(identity.companies.REPUBLISH_COMPANIES, request)

    sent = pages(send_after, lambda page: page.last_company_id)
    message = mark("companies sent: %(count)s")
    print_progress(message, (page.count for page in sent))


@click.group()
def members() -> None:
    """Manage the members of companies."""


@members.command("add")
@click.option("--company", required=True, help="The company's ID or exact name.")
@click.option("--user", type=click.UUID, required=True, help="The user's ID.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.pass_obj
def add_member(context: CommandContext, company: str, user: UUID, role: str) -> None:
    """Add a user to a company in a role."""
    request = identity.memberships.AddMember(
        company_id=context.find_company(company).id, user_id=user, role=Role(role)
    )
    context.call(identity.memberships.ADD_MEMBER, request)
    click.echo(_("Added."))
