"""Bank statements in CAMT.053 (ISO 20022), as European banks give them out.

Only what came in and is booked is read. Versions differ in the namespace and in little
else, so elements are found by their local names.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

from cli.importing.plain_xml import parse_plain_xml
from cli.importing.records import FileError
from shared.contracts.billing.payments import MAX_TEXT_LENGTH, BankCredit
from shared.money import Money, decode_money

MAX_BYTES = 50_000_000

_FILLERS = frozenset({"", "NONREF", "NOTPROVIDED"})
"""What banks write where they have no reference."""


def read_statement(path: Path) -> list[BankCredit]:
    """The credits of a statement, in its order.

    Raises:
        FileError: it is no CAMT.053 statement, or an entry lacks what it must have.
    """
    if path.stat().st_size > MAX_BYTES:
        raise FileError(f"the file has more than {MAX_BYTES:,} bytes")
    root = parse_plain_xml(path.read_bytes())
    if not root.tag.startswith("{urn:iso:std:iso:20022:tech:xsd:camt.053."):
        raise FileError("the file is no CAMT.053 statement")
    return list(_credits(root))


def _credits(root: ET.Element) -> Iterator[BankCredit]:
    for statement in root.iterfind("{*}BkToCstmrStmt/{*}Stmt"):
        account = _text(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
        for entry in statement.iterfind("{*}Ntry"):
            if _text(entry, "CdtDbtInd") == "CRDT" and _is_booked(entry):
                name = _name_of(statement, entry)
                yield from _of_entry(f"{account}:", name, entry)


def _is_booked(entry: ET.Element) -> bool:
    return _text(entry, "Sts/Cd", "Sts") == "BOOK"


def _name_of(statement: ET.Element, entry: ET.Element) -> str:
    """What the bank calls an entry.

    Some number the entries of each statement from one, so a number has its day with it;
    not the statement's name, which may be another when it is fetched again.
    """
    name = _reference(entry, "AcctSvcrRef")
    number = _reference(entry, "NtryRef")
    if name or not number:
        return name
    day = _text(entry, "BookgDt/Dt", "BookgDt/DtTm")[:10] or _text(statement, "Id")
    return f"{day}/{number}"


def _of_entry(prefix: str, name: str, entry: ET.Element) -> Iterator[BankCredit]:
    """One credit, or each of a batch that the bank booked as one."""
    details = entry.findall("{*}NtryDtls/{*}TxDtls") or [entry]
    names = [
        _reference(detail, "Refs/AcctSvcrRef", "Refs/TxId") or name
        for detail in details
    ]
    counts = Counter(names)
    for number, (detail, own) in enumerate(zip(details, names, strict=True), start=1):
        if not own:
            raise FileError("an entry has no reference of the bank (AcctSvcrRef)")
        yield BankCredit(
            transaction=prefix + (f"{own}/{number}" if counts[own] > 1 else own),
            amount=_amount(detail if len(details) > 1 else entry, own),
            text=_remittance(detail),
            payer=_text(detail, "RltdPties/Dbtr/Pty/Nm", "RltdPties/Dbtr/Nm"),
            booked_on=_booking_date(entry),
            payer_country=_text(detail, "RltdPties/DbtrAcct/Id/IBAN")[:2],
        )


def _booking_date(entry: ET.Element) -> date | None:
    try:
        return date.fromisoformat(_text(entry, "BookgDt/Dt", "BookgDt/DtTm")[:10])
    except ValueError:
        return None


def _amount(element: ET.Element, name: str) -> Money:
    amount = element.find("{*}Amt")
    if amount is None:
        amount = element.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
    if amount is None:
        raise FileError(f"{name}: no amount")
    written = {"amount": (amount.text or "").strip(), "currency": amount.get("Ccy")}
    try:
        return decode_money(written)
    except ValueError as error:
        raise FileError(f"{name}: {error}") from error


def _remittance(detail: ET.Element) -> str:
    parts = [
        *detail.iterfind("{*}RmtInf/{*}Ustrd"),
        *detail.iterfind("{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref"),
        *detail.iterfind("{*}Refs/{*}EndToEndId"),
        *detail.iterfind("{*}AddtlTxInf"),
    ]
    text = " ".join(" ".join((part.text or "").split()) for part in parts)
    return text[:MAX_TEXT_LENGTH]


def _reference(element: ET.Element, *paths: str) -> str:
    """The text at the first of ``paths`` that stands for something."""
    texts = (_text(element, path) for path in paths)
    return next((text for text in texts if text.upper() not in _FILLERS), "")


def _text(element: ET.Element, *paths: str) -> str:
    """The text at the first of ``paths`` that has any."""
    for path in paths:
        found = element.find("/".join(f"{{*}}{step}" for step in path.split("/")))
        if found is not None and (found.text or "").strip():
            return (found.text or "").strip()
    return ""
