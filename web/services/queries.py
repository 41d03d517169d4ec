"""The queries for the service list and for the page of one service."""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from shared.contracts import billing
from shared.contracts.inventory.reading import ListServices, ServiceSort, StateFilter
from shared.contracts.inventory.services import Period, SuspensionReason
from web.page.page import Page
from web.page.values import read_choice
from web.services.forms import ServiceFilters

PAGE_SIZE = 25
CHARGES_SHOWN = 10


@dataclass(frozen=True)
class ServiceQuery:
    """The list's filters, sorting and page, read from its address and written to it."""

    state: StateFilter | None = None
    family: str = ""
    search: str = ""
    period: Period | None = None
    currency: str = ""
    reason: SuspensionReason | None = None
    sort: ServiceSort = ServiceSort.NAME
    descending: bool = False
    cursor: str = ""

    @classmethod
    def read(cls, form: ServiceFilters) -> Self:
        """Read the filters of an address; empty ones count as absent.

        Raises:
            InvalidInput: ``unknown_choice``.
        """
        state, period = form.state.data, form.period.data
        reason, sort = form.reason.data, form.sort.data
        return cls(
            state=read_choice(state, StateFilter, "state") if state else None,
            family=form.family.data,
            search=form.search.data,
            period=read_choice(period, Period, "period") if period else None,
            currency=form.currency.data,
            reason=read_choice(reason, SuspensionReason, "reason") if reason else None,
            sort=read_choice(sort, ServiceSort, "sorting") if sort else cls.sort,
            descending=form.order.data == "desc",
            cursor=form.after.data,
        )

    def request(self) -> ListServices:
        return ListServices(
            state=self.state,
            family=self.family or None,
            search=self.search,
            period=self.period,
            currency=self.currency or None,
            suspension_reason=self.reason,
            sort=self.sort,
            descending=self.descending,
            cursor=self.cursor or None,
            limit=PAGE_SIZE,
        )

    def address(self, cursor: str = "") -> dict[str, str | None]:
        """Return the parameters of its address, at the start or at a cursor."""
        return {
            "state": self.state.value if self.state else None,
            "family": self.family or None,
            "q": self.search or None,
            "period": self.period.value if self.period else None,
            "currency": self.currency or None,
            "reason": self.reason.value if self.reason else None,
            "sort": self.sort.value if self.sort is not ServiceSort.NAME else None,
            "order": "desc" if self.descending else None,
            "after": cursor or None,
        }

    def sorted_by(self, column: str) -> dict[str, str | None]:
        """Return the address with another sorting; the same column reverses it."""
        sort = ServiceSort(column)
        descending = sort is self.sort and not self.descending
        return replace(self, sort=sort, descending=descending).address()

    def narrowed(
        self, state: StateFilter | None = None, family: str = ""
    ) -> dict[str, str | None]:
        """Return the address with another state or family, from its first page."""
        return replace(self, state=state, family=family).address()

    def without_search(self) -> dict[str, str | None]:
        return replace(self, search="").address()

    @property
    def is_filtered(self) -> bool:
        return bool(self.state or self.family or self.search or self.is_explanation)

    @property
    def is_explanation(self) -> bool:
        """Whether it lists the services behind a figure elsewhere."""
        return bool(self.period or self.currency or self.reason)

    def without_explanation(self) -> dict[str, str | None]:
        return replace(self, period=None, currency="", reason=None).address()


def ask_how_it_is_paid(page: Page, service_id: UUID, cursor: str | None) -> None:
    """Ask for a service's subscription and its charges, both optional."""
    page.ask(
        "payment",
        billing.charging.GET_SUBSCRIPTION,
        billing.charging.GetSubscription(service_id=service_id),
        optional=True,
    )
    page.ask(
        "charges",
        billing.charging.LIST_CHARGES,
        billing.charging.ListCharges(
            service_id=service_id, cursor=cursor, limit=CHARGES_SHOWN
        ),
        optional=True,
    )
