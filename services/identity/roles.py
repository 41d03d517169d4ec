"""What each role may do in its company.

Which permission a method needs is part of its contract, in shared/contracts/. Web's
menus and pages go by the permissions of the principal, and the help page shows this
table: `list_roles` answers it.
"""

from collections.abc import Mapping

from shared.contracts.identity.members.roles import RoleRight, RoleTable
from shared.contracts.identity.memberships import Role
from shared.permissions import Permission

ROLES = (Role.OWNER, Role.ADMIN, Role.BILLING, Role.TECHNICAL, Role.VIEWER)
# fmt: off
TABLE: Mapping[Permission, str] = {
    #                             owner admin billing technical viewer
    Permission.READ_ACCOUNT:     "yes   yes   yes     yes       yes",
    Permission.READ_COMPANY:     "yes   yes   yes     yes       yes",
    Permission.MANAGE_COMPANY:   "yes   yes   no      no        no",
    Permission.MANAGE_MEMBERS:   "yes   yes   no      no        no",
    Permission.READ_ACTIVITY:    "yes   yes   no      no        no",
    Permission.MANAGE_OWNERSHIP: "yes   no    no      no        no",
    Permission.READ_SERVICES:    "yes   yes   yes     yes       yes",
    Permission.MANAGE_SERVICES:  "yes   yes   no      yes       no",
    Permission.OPEN_PANEL:       "yes   yes   no      yes       no",
    Permission.SEE_SECRETS:      "yes   yes   no      yes       no",
    Permission.READ_BILLING:     "yes   yes   yes     no        yes",
    Permission.ADD_FUNDS:        "yes   yes   yes     no        no",
    Permission.MANAGE_BILLING:   "yes   yes   yes     no        no",
}
# fmt: on
"""Every right is written out: a permission added later belongs to nobody at first."""


def _permissions_of(role: Role) -> frozenset[Permission]:
    at = ROLES.index(role)
    return frozenset(
        permission for permission, cells in TABLE.items() if cells.split()[at] == "yes"
    )


READING = frozenset(
    {
        Permission.READ_ACCOUNT,
        Permission.READ_COMPANY,
        Permission.READ_SERVICES,
        Permission.READ_BILLING,
        Permission.READ_ACTIVITY,
    }
)
"""All that is left of a role while its company is locked, or once it is closed."""

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    role: _permissions_of(role) for role in ROLES
}
WITHOUT_FACTOR = frozenset({Permission.READ_ACCOUNT})
"""What is left to a member who lacks the second factor that the company requires."""


def view() -> RoleTable:
    """Return the table as it is shown."""
    rights = [
        RoleRight(
            permission=permission.value,
            roles=[role for role in ROLES if permission in PERMISSIONS[role]],
        )
        for permission in TABLE
    ]
    return RoleTable(roles=list(ROLES), rights=rights)
