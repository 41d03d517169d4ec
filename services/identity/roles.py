"""What each role may do in its company.

Which permission a method needs is part of its contract, in shared/contracts/identity/:
adding a member needs ``OPERATE``, for one, which no role has.
"""

from collections.abc import Mapping

from shared.contracts.identity.memberships import Role
from shared.permissions import Permission

_READ = frozenset(
    {
        Permission.READ_ACCOUNT,
        Permission.READ_COMPANY,
        Permission.READ_SERVICES,
        Permission.READ_BILLING,
    }
)
_ADMIN = frozenset(
    {
        *_READ,
        Permission.ADD_FUNDS,
        Permission.MANAGE_BILLING,
        Permission.MANAGE_SERVICES,
        Permission.MANAGE_COMPANY,
        Permission.MANAGE_MEMBERS,
        Permission.READ_ACTIVITY,
    }
)

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: _ADMIN | {Permission.MANAGE_OWNERSHIP},
    Role.ADMIN: _ADMIN,
    Role.BILLING: _READ | {Permission.ADD_FUNDS, Permission.MANAGE_BILLING},
    Role.TECHNICAL: (_READ - {Permission.READ_BILLING}) | {Permission.MANAGE_SERVICES},
    Role.VIEWER: _READ,
}
"""Every right is written out: a permission added later belongs to nobody at first."""
