"""Send rows to inventory in batches and apply them as a whole."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.contract import Method, Request
from shared.contracts import inventory
from shared.contracts.inventory.importing import (
    Applied,
    ApplyImport,
    RefusedRow,
    Staged,
)
from shared.errors import ContractError, RemoteFault
from shared.operator import Operator
from shared.wire import to_json

BATCH_ROWS = 2_000
BATCH_BYTES = 900_000
"""A call has at most a mebibyte."""

RowT = TypeVar("RowT", bound=Request)


@dataclass(frozen=True)
class Route(Generic[RowT]):
    """The two calls of one kind of import."""

    stage: Method[Any, Staged]
    apply: Method[ApplyImport, Applied]

    def batch(self, import_id: uuid.UUID, rows: list[RowT]) -> Request:
        request: Request = self.stage.request(import_id=import_id, rows=rows)
        return request


CATALOG: Route[inventory.importing.CatalogRow] = Route(
    inventory.importing.STAGE_CATALOG, inventory.importing.APPLY_CATALOG
)
SERVICES: Route[inventory.importing.ServiceRow] = Route(
    inventory.importing.STAGE_SERVICES, inventory.importing.APPLY_SERVICES
)


@dataclass(frozen=True)
class Outcome:
    """The result of an import; ``refused`` is in the order of finding."""

    created: int
    changed: int
    unchanged: int
    refused: list[RefusedRow]


def upload(
    operator: Operator,
    route: Route[RowT],
    rows: Iterable[RowT | RefusedRow],
    on_progress: Callable[[int], object],
) -> Outcome:
    """Import rows; ``on_progress`` gets the number of rows handled since last time.

    Raises:
        ContractError: the import failed as a whole; nothing was changed.
    """
    import_id = uuid.uuid4()
    refused: list[RefusedRow] = []
    accepted = 0
    try:
        for batch, unreadable in _batches(rows):
            refused += unreadable
            if batch:
                staged = operator.call(route.stage, route.batch(import_id, batch))
                accepted += staged.accepted
                refused += staged.refused
            on_progress(len(batch) + len(unreadable))
        if not accepted:
            _discard(operator, import_id)
            return Outcome(0, 0, 0, refused)
        applied = operator.call(route.apply, ApplyImport(import_id=import_id))
    except BaseException:
        _discard(operator, import_id)
        raise
    return Outcome(applied.created, applied.changed, applied.unchanged, refused)


def _discard(operator: Operator, import_id: uuid.UUID) -> None:
    # Whatever can't be discarded now expires after a day.
    with suppress(ContractError, RemoteFault):
        operator.call(
            inventory.importing.DISCARD_IMPORT, ApplyImport(import_id=import_id)
        )


def _batches(
    rows: Iterable[RowT | RefusedRow],
) -> Iterator[tuple[list[RowT], Sequence[RefusedRow]]]:
    batch: list[RowT] = []
    refused: list[RefusedRow] = []
    size = 0
    for row in rows:
        if isinstance(row, RefusedRow):
            refused.append(row)
        else:
            row_size = len(to_json(row)) + 1
            if size + row_size > BATCH_BYTES:
                yield batch, refused
                batch, refused, size = [], [], 0
            batch.append(row)
            size += row_size
        if len(batch) + len(refused) >= BATCH_ROWS:
            yield batch, refused
            batch, refused, size = [], [], 0
    yield batch, refused
