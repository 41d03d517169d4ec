"""The filters of documents."""

from web.page.forms import LinkField, PeriodForm


class DocumentFilters(PeriodForm):
    type = LinkField()
    state = LinkField()
    top_up = LinkField(name="top-up")
