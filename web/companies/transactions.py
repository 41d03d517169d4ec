"""What the list of transactions is asked for, as its address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared.contracts.billing.transactions import ListTransactions, TransactionGroup
from shared.errors import InvalidInput
from web.values import read_choice

PAGE_SIZE = 25


@dataclass(frozen=True)
class TransactionQuery:
    """Filters and place of the list; made from the address and back.

    ``first_day`` and ``last_day`` are the company's days, both included.
    """

    currency: str = ""
    group: TransactionGroup | None = None
    first_day: date | None = None
    last_day: date | None = None
    cursor: str = ""

    @classmethod
    def read(cls, address: Mapping[str, str]) -> "TransactionQuery":
        """Read the parameters of an address; empty ones count as absent.

        Raises:
            InvalidInput: ``unknown_choice``, or ``bad_day`` with ``value``.
        """
        group = address.get("type", "")
        first, last = (_read_day(address.get(name, "")) for name in ("from", "to"))
        if first and last and last < first:
            # Whichever was entered where, the days between them are meant.
            first, last = last, first
        return cls(
            currency=address.get("currency", "").strip()[:3],
            group=read_choice(group, TransactionGroup, "type") if group else None,
            first_day=first,
            last_day=last,
            cursor=address.get("after", ""),
        )

    def request(self) -> ListTransactions:
        return ListTransactions(
            currency=self.currency or None,
            group=self.group,
            first_day=self.first_day,
            last_day=self.last_day,
            cursor=self.cursor or None,
            limit=PAGE_SIZE,
        )

    def address(self, cursor: str = "") -> dict[str, str | None]:
        """The parameters of the same list's address, at its start or at a cursor."""
        return {
            "currency": self.currency or None,
            "type": self.group.value if self.group else None,
            "from": self.first_day.isoformat() if self.first_day else None,
            "to": self.last_day.isoformat() if self.last_day else None,
            "after": cursor or None,
        }

    def narrowed(self, **change: str | None) -> dict[str, str | None]:
        """The parameters of the list with other filters, at its start."""
        return {**self.address(), **change}

    @property
    def is_filtered(self) -> bool:
        return any(self.address().values())


def _read_day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput("bad_day", parameters={"value": text[:20]}) from error
