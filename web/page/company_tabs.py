"""The pages about one company, as tabs that stay on all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from shared.permissions import Permission


@dataclass(frozen=True)
class CompanyTab:
    """``name`` is how its page says that it is shown; ``endpoint`` is its address."""

    name: str
    endpoint: str
    words: LazyString
    permission: Permission


TABS = (
    CompanyTab(
        "profile", "profile.show_profile", _("Profile"), Permission.READ_COMPANY
    ),
    CompanyTab(
        "members", "members.list_members", _("Members"), Permission.READ_COMPANY
    ),
    CompanyTab(
        "invoices", "documents.list_documents", _("Invoices"), Permission.READ_BILLING
    ),
    CompanyTab(
        "transactions",
        "transactions.list_transactions",
        _("Transactions"),
        Permission.READ_BILLING,
    ),
    CompanyTab(
        "wallets", "wallets.show_wallets", _("Wallets"), Permission.READ_BILLING
    ),
    CompanyTab(
        "activity", "activity.list_activity", _("Activity"), Permission.READ_ACTIVITY
    ),
)


def tabs_for(may: Callable[[Permission], bool]) -> Sequence[CompanyTab]:
    """Return the tabs that a reader's role opens."""
    return [tab for tab in TABS if may(tab.permission)]
