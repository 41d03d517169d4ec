"""The Verification Center's page, with the forms of its steps."""

from shared.contracts.billing.limits import GET_TOP_UP_LIMITS, GetTopUpLimits
from shared.contracts.identity.people import GET_ACCOUNT, Account, GetAccount
from web.page.page import begin_page
from web.verification import emails
from web.verification.center_view import CenterView
from web.verification.document_view import ask_for_documents, documents_of
from web.verification.phones_view import ask_for_phone, phone_of


def show_page() -> tuple[str, int]:
    """Answer with the page; what is refused in a step is shown on that step's own."""
    page = begin_page()
    page.ask("account", GET_ACCOUNT, GetAccount())
    ask_for_phone(page)
    ask_for_documents(page)
    page.ask("found", GET_TOP_UP_LIMITS, GetTopUpLimits(), optional=True)
    account: Account | None = page.answer("account")
    found = page.answer("found")
    limits = found.limits if found else None
    return page.show(
        "verification/center.html",
        center=CenterView(account, limits) if account else None,
        phone_view=phone_of(page),
        document_views=documents_of(page, account) if account else {},
        **emails.new_forms(),
    )
