"""What each role may do, and giving a member another one."""

from uuid import UUID

from shared.contract import Effect, Method, Request, Response
from shared.contracts.identity.memberships import Membership, Role
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class ListRoles(Request, frozen=True, kw_only=True):
    pass


class RoleRight(Response, frozen=True, kw_only=True):
    """A permission, by its value, and the roles that have it."""

    permission: str
    roles: list[Role]


class RoleTable(Response, frozen=True, kw_only=True):
    """Every permission of a customer's role, in the order of reading."""

    roles: list[Role]
    rights: list[RoleRight]


class ChangeRole(Request, frozen=True, kw_only=True):
    user_id: UUID
    role: Role


class RemoveMember(Request, frozen=True, kw_only=True):
    user_id: UUID


LIST_ROLES = Method(NAME, "list_roles", ListRoles, RoleTable, Permission.READ_ACCOUNT)

CHANGE_ROLE = Method(
    NAME,
    "change_role",
    ChangeRole,
    Membership,
    Permission.MANAGE_MEMBERS,
    Effect.CHANGE,
    needs_proof=True,
    recorded=("user_id", "role"),
)
"""NotFound ``no_such_member``; Conflict ``last_owner``, ``owner_is_offered`` (nobody is
made an owner without agreeing); Forbidden ``owner_needed``, for an owner's role."""

REMOVE_MEMBER = Method(
    NAME,
    "remove_member",
    RemoveMember,
    Membership,
    Permission.MANAGE_MEMBERS,
    Effect.CHANGE,
    needs_proof=True,
    recorded=("user_id",),
)
"""NotFound ``no_such_member``; Conflict ``last_owner``, ``not_yourself``; Forbidden
``owner_needed``."""


class LeaveCompany(Request, frozen=True, kw_only=True):
    """The caller leaves the company that they act for."""


LEAVE_COMPANY = Method(
    NAME,
    "leave_company",
    LeaveCompany,
    Membership,
    Permission.READ_COMPANY,
    Effect.CHANGE,
    needs_proof=True,
)
"""Conflict ``last_owner``; ``only_company``, because nobody could log in without one;
NotFound ``no_such_member``."""

METHODS = (LIST_ROLES, CHANGE_ROLE, REMOVE_MEMBER, LEAVE_COMPANY)
