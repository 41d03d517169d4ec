"""``client-area users``, ``client-area companies`` and ``client-area members``."""

from uuid import UUID

import click

from cli.batches import pages, tell_progress
from cli.context import CommandContext
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationState, VerificationStep

PERSONAL_STEPS = (
    VerificationStep.EMAIL,
    VerificationStep.PHONE,
    VerificationStep.IDENTITY_DOCUMENT,
)


@click.group()
def users() -> None:
    """People who sign in."""


@users.command("create")
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--name", required=True, help="As it is shown.")
@click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Their first password; asked for unless given.",
)
@click.option("--time-zone", default="UTC", help="An IANA name, like Europe/Berlin.")
@click.option("--locale", default="en", help="A BCP 47 tag, like de or en-GB.")
@click.option(
    "--email-verified", is_flag=True, help="You know that the address is theirs."
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
    """Add a person; prints their id."""
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
@click.option("--user", type=click.UUID, required=True, help="The user's id.")
@click.option(
    "--step",
    required=True,
    type=click.Choice([step.value for step in PERSONAL_STEPS]),
    help="What was looked at.",
)
@click.option(
    "--state",
    default=VerificationState.VERIFIED.value,
    type=click.Choice([state.value for state in VerificationState]),
    help="What came of it.",
)
@click.option("--reason", default="", help="What they are told, if rejected.")
@click.pass_obj
def verify_user(
    context: CommandContext, user: UUID, step: str, state: str, reason: str
) -> None:
    """Note what came of one of a person's verification steps."""
    request = identity.people.SetVerification(
        user_id=user,
        step=VerificationStep(step),
        state=VerificationState(state),
        reason=reason,
    )
    context.call(identity.people.SET_VERIFICATION, request)
    click.echo("Noted.")


@users.command("log-marks")
@click.option("--email", default="", show_default=False, help="What they sign in with.")
@click.option("--address", default="", show_default=False, help="An IP address.")
@click.pass_obj
def log_marks(context: CommandContext, email: str, address: str) -> None:
    """Print how identity's log names an account or an address.

    Look for these in its lines `signed_in` and `sign_in_refused`.
    """
    request = identity.signing_in.GetLogMarks(email=email, address=address)
    marks = context.call(identity.signing_in.GET_LOG_MARKS, request)
    for what, mark in (("account", marks.account), ("address", marks.address)):
        if mark:
            click.echo(f"{what}  {mark}")


@click.group()
def companies() -> None:
    """Customers: whoever owns services and wallets."""


@companies.command("list")
@click.option("--name", help="Only those of this exact name.")
@click.pass_obj
def list_companies(context: CommandContext, name: str | None) -> None:
    """Print companies by name, at most 1000: id, country, name."""
    found = context.call(
        identity.companies.FIND_COMPANIES, identity.companies.FindCompanies(name=name)
    )
    for company in found.companies:
        click.echo(f"{company.id}  {company.address.country}  {company.name}")


@companies.command("create")
@click.option("--name", required=True, help="Its legal name.")
@click.option("--owner", type=click.UUID, required=True, help="A user's id.")
@click.option("--country", required=True, help="ISO 3166, like DE.")
@click.option("--street", default="", show_default=False)
@click.option("--postal-code", default="", show_default=False)
@click.option("--city", default="", show_default=False)
@click.option("--region", default="", show_default=False)
@click.option("--time-zone", default="UTC", help="An IANA name; bills go by it.")
@click.option("--private", is_flag=True, help="A person, no business.")
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
    """Add a company and its owner; prints its id."""
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
    """Send the present state of all companies again, as events.

    Whoever keeps a copy of them, as billing does, brings it up to date.
    """

    def send_after(last_company: UUID | None) -> identity.companies.Republished:
        request = identity.companies.RepublishCompanies(after_company_id=last_company)
        return context.call(identity.companies.REPUBLISH_COMPANIES, request)

    sent = pages(send_after, lambda page: page.last_company_id)
    tell_progress("companies sent", (page.count for page in sent))


@click.group()
def members() -> None:
    """Who belongs to which company."""


@members.command("add")
@click.option("--company", required=True, help="Its id or exact name.")
@click.option("--user", type=click.UUID, required=True, help="The user's id.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.pass_obj
def add_member(context: CommandContext, company: str, user: UUID, role: str) -> None:
    """Let a user act for a company, in a role."""
    request = identity.memberships.AddMember(
        company_id=context.find_company(company).id, user_id=user, role=Role(role)
    )
    context.call(identity.memberships.ADD_MEMBER, request)
    click.echo("Added.")
