"""Read files of companies' services: CSV and JSON."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from cli.importing.records import Columns, Record, read_csv, read_json
from shared.contracts.inventory.importing import RefusedRow, ServiceRow
from shared.errors import Conflict, InvalidInput, NotFound

FORMATS = ("auto", "csv", "json")

COLUMNS = Columns(
    required=("company", "reference", "name", "plan", "currency", "period"),
    optional=("state", "price", "activated_at"),
)

FindCompany = Callable[[str], UUID]
"""Find the company with an id or an exact name.

Raises NotFound, Conflict or InvalidInput if there is none. Any other `ContractError`
is not about the text and stops the reading.
"""


def read_services(
    path: Path, file_format: str, find_company: FindCompany
) -> Iterator[ServiceRow | RefusedRow]:
    """Read the rows of a file.

    Raises:
        FileError: the file has another format.
        ContractError: a company could not be looked up.
    """
    is_json = file_format == "json" or (
        file_format == "auto" and path.suffix.lower() == ".json"
    )
    read = read_json if is_json else read_csv
    for record in read(path, COLUMNS):
        if isinstance(record, RefusedRow):
            yield record
            continue
        try:
            company_id = find_company(record.values["company"].strip())
        except (NotFound, Conflict, InvalidInput) as refusal:
            yield RefusedRow(
                line=record.line,
                field="company",
                code=refusal.code,
                value=record.values["company"][:80],
            )
        else:
            yield _row(record, company_id)


def _row(record: Record, company_id: UUID) -> ServiceRow:
    values = record.values
    return ServiceRow(
        line=record.line,
        company_id=str(company_id),
        reference=values["reference"],
        name=values["name"],
        plan_code=values["plan"],
        currency=values["currency"],
        period=values["period"],
        state=values.get("state", ""),
        price=values.get("price", ""),
        activated_at=values.get("activated_at", ""),
    )
