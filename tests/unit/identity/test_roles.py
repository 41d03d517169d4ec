"""The table of roles and permissions, as the customer is promised it."""

from services.identity.roles import PERMISSIONS
from shared.contracts.identity.memberships import Role
from shared.permissions import Permission

ROLES = (Role.OWNER, Role.ADMIN, Role.BILLING, Role.TECHNICAL, Role.VIEWER)
# fmt: off
PROMISED = {
    #                             own adm bil tec vie
    Permission.PUBLIC:           "no  no  no  no  no",
    Permission.READ_ACCOUNT:     "yes yes yes yes yes",
    Permission.READ_COMPANY:     "yes yes yes yes yes",
    Permission.READ_SERVICES:    "yes yes yes yes yes",
    Permission.READ_BILLING:     "yes yes yes no  yes",
    Permission.ADD_FUNDS:        "yes yes yes no  no",
    Permission.MANAGE_BILLING:   "yes yes yes no  no",
    Permission.MANAGE_SERVICES:  "yes yes no  yes no",
    Permission.SEE_SECRETS:      "yes yes no  yes no",
    Permission.OPEN_PANEL:       "yes yes no  yes no",
    Permission.MANAGE_COMPANY:   "yes yes no  no  no",
    Permission.MANAGE_MEMBERS:   "yes yes no  no  no",
    Permission.READ_ACTIVITY:    "yes yes no  no  no",
    Permission.MANAGE_OWNERSHIP: "yes no  no  no  no",
    Permission.OPERATE:          "no  no  no  no  no",
}
# fmt: on
MONEY = {Permission.READ_BILLING, Permission.ADD_FUNDS, Permission.MANAGE_BILLING}


def test_each_role_holds_each_permission_as_promised() -> None:
    wrong = [
        f"{role.value}: {permission.value}, should be {cell}"
        for permission, cells in PROMISED.items()
        for role, cell in zip(ROLES, cells.split(), strict=True)
        if (permission in PERMISSIONS[role]) is not (cell == "yes")
    ]

    assert wrong == []


def test_every_role_and_permission_is_in_the_table() -> None:
    assert set(ROLES) == set(Role) == set(PERMISSIONS)
    assert set(PROMISED) == set(Permission), "decide whose the new permission is"


# What must be true of permissions that are added later, too.


def test_no_customer_ever_operates() -> None:
    assert not any(Permission.OPERATE in held for held in PERMISSIONS.values())


def test_an_owner_may_whatever_anybody_may() -> None:
    assert all(held <= PERMISSIONS[Role.OWNER] for held in PERMISSIONS.values())


def test_only_owners_may_what_admins_may_not() -> None:
    others = (held for role, held in PERMISSIONS.items() if role is not Role.OWNER)
    assert all(held <= PERMISSIONS[Role.ADMIN] for held in others)


def test_a_viewer_only_reads() -> None:
    assert all(p.value.endswith(".read") for p in PERMISSIONS[Role.VIEWER])


def test_a_technical_member_sees_and_moves_no_money() -> None:
    assert not PERMISSIONS[Role.TECHNICAL] & MONEY
