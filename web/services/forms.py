"""The filters of the service list."""

from flask_babel import lazy_gettext as _

from web.page.forms import FilterForm, LinkField, SearchField


class ServiceFilters(FilterForm):
    search = SearchField(_("Search by name, reference or plan"), name="q")
    state = LinkField()
    family = LinkField()
    period = LinkField()
    currency = LinkField()
    reason = LinkField()
    sort = LinkField()
    order = LinkField()
