"""The filters of a trail."""

from web.page.forms import LinkField, PeriodForm


class ActivityFilters(PeriodForm):
    """``what`` is a topic; ``who`` is a person's id, or `SUPPORT`."""

    what = LinkField()
    who = LinkField()


SUPPORT = "support"
