"""The table of roles and permissions, as the customer is promised it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.roles import PERMISSIONS
from shared.contracts.identity import Role
from shared.permissions import Permission

ROLES = st.sampled_from(Role)
PERMISSION = st.sampled_from(Permission)

READ = {
    Permission.READ_ACCOUNT,
    Permission.READ_COMPANY,
    Permission.READ_SERVICES,
    Permission.READ_BILLING,
}
PROMISED = {
    Role.OWNER: set(Permission) - {Permission.PUBLIC, Permission.OPERATE},
    Role.ADMIN: set(Permission)
    - {Permission.PUBLIC, Permission.OPERATE, Permission.MANAGE_OWNERSHIP},
    Role.BILLING: READ | {Permission.ADD_FUNDS, Permission.MANAGE_BILLING},
    Role.TECHNICAL: READ - {Permission.READ_BILLING} | {Permission.MANAGE_SERVICES},
    Role.VIEWER: READ,
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_each_role_holds_each_permission_as_promised(
    role: Role, permission: Permission
) -> None:
    # A permission that is added later fails here until somebody decides whose it is.
    assert (permission in PERMISSIONS[role]) == (permission in PROMISED[role])


@given(role=ROLES)
def test_no_customer_ever_operates(role: Role) -> None:
    assert Permission.OPERATE not in PERMISSIONS[role]


@given(role=ROLES, permission=PERMISSION)
def test_an_owner_may_whatever_anybody_may(role: Role, permission: Permission) -> None:
    if permission in PERMISSIONS[role]:
        assert permission in PERMISSIONS[Role.OWNER]


@given(role=ROLES, permission=PERMISSION)
def test_only_owners_may_what_admins_may_not(
    role: Role, permission: Permission
) -> None:
    if permission in PERMISSIONS[role] - PERMISSIONS[Role.ADMIN]:
        assert role is Role.OWNER


@given(permission=PERMISSION)
def test_a_viewer_only_reads(permission: Permission) -> None:
    if permission in PERMISSIONS[Role.VIEWER]:
        assert permission.value.endswith(".read")


@given(permission=PERMISSION)
def test_a_technical_member_sees_and_moves_no_money(permission: Permission) -> None:
    money = {Permission.READ_BILLING, Permission.ADD_FUNDS, Permission.MANAGE_BILLING}
    if permission in money:
        assert permission not in PERMISSIONS[Role.TECHNICAL]
