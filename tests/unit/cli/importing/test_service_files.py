"""Files of companies' services."""

from pathlib import Path
from uuid import UUID

import pytest

from cli.importing.report import REASONS, describe
from cli.importing.service_files import read_services
from shared.contracts.inventory.importing import RefusedRow, ServiceRow
from shared.errors import (
    Conflict,
    ContractError,
    InvalidInput,
    NotFound,
    Throttled,
    Unavailable,
)

AURORA = UUID(int=1)
CONTENT = """\
company,reference,name,plan,currency,period,state,price,activated_at
Aurora,A-1,web-01,lxc-s,EUR,month,,4.50,2026-01-01T00:00:00Z
Nobody,A-2,web-02,lxc-s,EUR,month,pending,,
Both,A-3,web-03,lxc-s,EUR,month,,,
,A-4,web-04,lxc-s,EUR,month,,,
"""


def find_company(text: str) -> UUID:
    match text:
        case "Aurora":
            return AURORA
        case "Both":
            raise Conflict("ambiguous_company")
        case "":
            raise InvalidInput("bad_name")
        case _:
            raise NotFound("no_such_company")


def test_rows_name_their_company_by_id_and_unknown_ones_are_refused(
    tmp_path: Path,
) -> None:
    file = tmp_path / "services.csv"
    file.write_text(CONTENT)

    taken, *refused = read_services(file, "auto", find_company)

    assert taken == ServiceRow(
        line="2",
        company_id=str(AURORA),
        reference="A-1",
        name="web-01",
        plan_code="lxc-s",
        currency="EUR",
        period="month",
        state="",
        price="4.50",
        activated_at="2026-01-01T00:00:00Z",
    )
    assert [(r.line, r.code) for r in refused if isinstance(r, RefusedRow)] == [
        ("3", "no_such_company"),
        ("4", "ambiguous_company"),
        ("5", "bad_name"),
    ]


@pytest.mark.parametrize("failure", [Unavailable, Throttled])
def test_a_company_that_could_not_be_looked_up_stops_the_import(
    tmp_path: Path, failure: type[ContractError]
) -> None:
    file = tmp_path / "services.csv"
    file.write_text(CONTENT)

    def find_nobody(_text: str) -> UUID:
        raise failure("no_answer")

    with pytest.raises(failure):
        list(read_services(file, "auto", find_nobody))


def test_a_refused_line_is_described(tmp_path: Path) -> None:
    row = RefusedRow(line="3", field="company", code="no_such_company", value="Nobody")
    deep = RefusedRow(line="compute/x", field="price", code="missing")

    reason = REASONS["no_such_company"]
    assert describe(row) == f"line 3, company: {reason} ('Nobody')"
    assert describe(deep) == f"compute/x, price: {REASONS['missing']}"
