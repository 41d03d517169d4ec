"""Permissions, as RPC methods name them; identity assigns them to roles.

The values travel inside principals and are part of the contract between services.
"""

from enum import Enum


class Permission(Enum):
    PUBLIC = "public"
    """Needs no principal: signing in, and what must work before it."""
    READ_ACCOUNT = "account.read"
    READ_COMPANY = "company.read"
    READ_SERVICES = "services.read"
    READ_BILLING = "billing.read"
    ADD_FUNDS = "funds.add"
    MANAGE_BILLING = "billing.manage"
    MANAGE_SERVICES = "services.manage"
    SEE_SECRETS = "services.secrets"
    """A service's passwords, keys and addresses of access."""
    OPEN_PANEL = "services.panel"
    """Logging in to a service's own panel."""
    MANAGE_COMPANY = "company.manage"
    MANAGE_MEMBERS = "members.manage"
    READ_ACTIVITY = "activity.read"
    """What all of a company's people did, when and from where."""
    MANAGE_OWNERSHIP = "ownership.manage"
    """Handing the company over or closing it: all that an admin may not."""
    OPERATE = "operate"
    """The provider's own staff and jobs; never part of a customer's role."""
