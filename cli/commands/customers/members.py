"""``client-area members``: who belongs to which company."""

from uuid import UUID

import click

from cli.context import CommandContext
from shared.contracts import identity
from shared.contracts.identity.members.roles import (
    CHANGE_ROLE,
    REMOVE_MEMBER,
    ChangeRole,
    RemoveMember,
)
from shared.contracts.identity.memberships import LIST_MEMBERS, ListMembers, Role
from shared.language.translation import gettext as _

_COMPANY = click.option(
    "--company", required=True, help="The company's ID or exact name."
)
_USER = click.option("--user", type=click.UUID, required=True, help="The user's ID.")


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


@members.command("list")
@_COMPANY
@click.pass_obj
def list_members(context: CommandContext, company: str) -> None:
    """List a company's members: ID, role, Two-Factor Authentication, email, name."""
    company_id = context.find_company(company).id
    found = context.call(LIST_MEMBERS, ListMembers(), company_id)
    for it in found.members:
        two_factor = _("on") if it.two_factor_enabled else _("off")
        who = f"{it.email}  {it.name}"
        click.echo(f"{it.user_id}  {it.role.value:9}  {two_factor:3}  {who}")


@members.command("change-role")
@_COMPANY
@_USER
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.pass_obj
def change_role(context: CommandContext, company: str, user: UUID, role: str) -> None:
    """Give a member another role."""
    request = ChangeRole(user_id=user, role=Role(role))
    context.call(CHANGE_ROLE, request, context.find_company(company).id)
    click.echo(_("Changed."))


@members.command("remove")
@_COMPANY
@_USER
@click.pass_obj
def remove_member(context: CommandContext, company: str, user: UUID) -> None:
    """Remove a member from a company."""
    request = RemoveMember(user_id=user)
    context.call(REMOVE_MEMBER, request, context.find_company(company).id)
    click.echo(_("Removed."))
