"""Rows on their way to inventory: in batches that fit a call, all or nothing."""

from typing import Any, cast

import pytest

from cli.importing.upload import BATCH_BYTES, BATCH_ROWS, CATALOG, upload
from shared.contract import Method
from shared.contracts.inventory.importing import Applied, CatalogRow, RefusedRow, Staged
from shared.errors import Conflict, ContractError, Unavailable
from shared.operator import Operator
from shared.rpc.messages import MAX_CALL_BYTES, encode_call


class Recorder:
    """Stands where the services would be, and notes what it is asked."""

    def __init__(self, refuses: str = "", with_: ContractError | None = None) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._refuses = refuses
        self._refusal = with_ or Conflict("changed_meanwhile")

    def call(self, method: Method[Any, Any], request: Any) -> Any:
        self.calls.append((method.name, request))
        if method.name == self._refuses:
            raise self._refusal
        if method.name == "stage_catalog":
            return Staged(accepted=len(request.rows), refused=[])
        return Applied(created=1, changed=2, unchanged=3, refused=[])

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


def send(recorder: Recorder, rows: list[CatalogRow | RefusedRow]) -> list[int]:
    progress: list[int] = []
    upload(cast("Operator", recorder), CATALOG, rows, progress.append)
    return progress


def row(name: str = "Plan") -> CatalogRow:
    return CatalogRow(
        line="1",
        family_code="lxc",
        family_name="LXC",
        plan_code="lxc-s",
        plan_name=name,
        currency="EUR",
        period="month",
        price="1",
    )


def test_batches_have_at_most_2000_rows_and_are_applied_once() -> None:
    recorder = Recorder()

    progress = send(recorder, [row()] * (BATCH_ROWS + 1))

    assert recorder.names == ["stage_catalog", "stage_catalog", "apply_catalog"]
    assert progress == [BATCH_ROWS, 1]
    assert len({request.import_id for _, request in recorder.calls}) == 1


def test_batches_of_long_rows_still_fit_into_a_call() -> None:
    recorder = Recorder()

    send(recorder, [row("🚀" * 1_000)] * 1_000)

    sizes = [len(encode_call(request)) for _, request in recorder.calls]
    assert max(sizes) < MAX_CALL_BYTES
    assert sum(sizes) / BATCH_BYTES > len(sizes) / 2


def test_lines_that_could_not_be_read_are_not_sent() -> None:
    recorder = Recorder()
    refused = RefusedRow(line="2", field="", code="value_count")

    outcome = upload(
        cast("Operator", recorder), CATALOG, [row(), refused], lambda _: None
    )

    assert outcome.refused == [refused]
    assert (outcome.created, outcome.changed, outcome.unchanged) == (1, 2, 3)


def test_nothing_is_applied_when_nothing_was_accepted() -> None:
    recorder = Recorder()

    send(recorder, [RefusedRow(line="2", field="", code="value_count")])

    assert "apply_catalog" not in recorder.names


@pytest.mark.parametrize("step", ["stage_catalog", "apply_catalog"])
def test_what_was_put_aside_is_discarded_when_something_fails(step: str) -> None:
    recorder = Recorder(refuses=step, with_=Unavailable("deadline_exceeded"))

    with pytest.raises(Unavailable):
        send(recorder, [row()])

    assert recorder.names[-1] == "discard_import"
