"""The filters of transactions."""

from flask_babel import lazy_gettext as _

from web.page.forms import LinkField, PeriodForm, SearchField


class TransactionFilters(PeriodForm):
    search = SearchField(_("Search by number, reference, amount or words"), name="q")
    currency = LinkField()
    type = LinkField()
