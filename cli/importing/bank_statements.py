"""Read bank statements in CAMT.053 (ISO 20022), as European banks provide them.

Versions differ in little but the namespace, so elements are found by their local names.
An entry that can't be booked or read doesn't stop the others: it is reported next to
them.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

from cli.importing.plain_xml import parse_plain_xml
from cli.importing.records import FileError
from services.billing.top_ups.references import references_in
from shared.contracts.billing.payments import MAX_TEXT_LENGTH, BankCredit
from shared.language.translation import gettext as _
from shared.money import Money, decode_money, zero

MAX_BYTES = 50_000_000

_FILLERS = frozenset({"", "NONREF", "NOTPROVIDED"})
"""What banks write where they have no reference."""
_NO = frozenset({"", "false", "0"})

# A decimal of XML Schema, without the minus that no amount of a statement has.
_DECIMAL = re.compile(r"\+?([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})")

_CREDIT, _DEBIT = "CRDT", "DBIT"


@dataclass(frozen=True)
class LeftOut:
    """An amount of a statement that is not booked, and the reason code.

    ``reversal`` reverses an earlier entry or returns our own money; ``debit`` has one
    of our references or is part of a batch of credits; ``not_detailed`` is the part of
    a batch without a payer; ``pending`` is not booked by the bank yet; ``unreadable``
    has a ``problem``.
    """

    why: str
    amount: str
    payer: str
    text: str
    name: str
    problem: str = ""


@dataclass
class Statement:
    """A statement's credits to book, in the file's order, and what is left out."""

    credits: list[BankCredit] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


class _UnreadableError(Exception):
    """An entry lacks a required part; the message is shown to operators."""


def read_statement(path: Path) -> Statement:
    """Read a statement's credits and the entries that are not booked.

    Raises:
        FileError: it is not a CAMT.053 statement.
    """
    if path.stat().st_size > MAX_BYTES:
        raise FileError(
            _("The file is larger than %(bytes)s bytes.", bytes=f"{MAX_BYTES:,}")
        )
    root = parse_plain_xml(path.read_bytes())
    if not root.tag.startswith("{urn:iso:std:iso:20022:tech:xsd:camt.053."):
        raise FileError(_("The file is not a CAMT.053 statement."))
    read = Statement()
    seen: Counter[str] = Counter()
    for statement in root.iterfind("{*}BkToCstmrStmt/{*}Stmt"):
        for element in statement.iterfind("{*}Ntry"):
            entry = _Entry(statement, element, seen)
            try:
                parts = list(entry.parts())
            except _UnreadableError as error:
                parts = [entry.left_out("unreadable", element, problem=str(error))]
            for part in parts:
                if isinstance(part, BankCredit):
                    read.credits.append(part)
                else:
                    read.left_out.append(part)
    return read


@dataclass(frozen=True)
class _Entry:
    """One entry; ``seen`` counts the names used so far in the file."""

    statement: ET.Element
    element: ET.Element
    seen: Counter[str]

    def parts(self) -> Iterator[BankCredit | LeftOut]:
        """Yield the entry's credits and the parts that are not booked.

        Raises:
            _UnreadableError: no part of it can be booked.
        """
        entry = self.element
        direction = _text(entry, "CdtDbtInd")
        if direction not in {_CREDIT, _DEBIT}:
            raise _UnreadableError(_("neither a credit nor a debit"))
        if _text(entry, "RvslInd").lower() not in _NO:
            yield self.left_out("reversal", entry)
        elif direction == _DEBIT:
            if any(any(references_in(_remittance(each))) for each in self._texts()):
                yield self.left_out("debit", entry)
        elif _text(entry, "Sts/Cd", "Sts") != "BOOK":
            yield self.left_out("pending", entry)
        else:
            yield from self._credits()

    def left_out(
        self, why: str, element: ET.Element, amount: str = "", problem: str = ""
    ) -> LeftOut:
        texts = self._texts() if element is self.element else [element]
        return LeftOut(
            why=why,
            amount=amount or _written_amount(element) or _written_amount(self.element),
            payer=_payer(texts[0]),
            text=" ".join(filter(None, map(_remittance, texts)))[:MAX_TEXT_LENGTH],
            name=_reference(element, "Refs/AcctSvcrRef") or self._reference(),
            problem=problem,
        )

    def _texts(self) -> list[ET.Element]:
        """Return the elements with remittance texts."""
        return [*self._details(), self.element]

    def _details(self) -> list[ET.Element]:
        return self.element.findall("{*}NtryDtls/{*}TxDtls")

    def _credits(self) -> Iterator[BankCredit | LeftOut]:
        """Yield one credit, or each of a batch that the bank booked as one.

        A batch's credits come from its details and never exceed the batch.
        """
        total = _amount(self.element, self.element)
        details = self._details()
        alone = len(details) <= 1 and not self._is_batch()
        if alone and not details:
            yield self._credit(self.element, total)
            return
        amounts = [_amount(each, self.element, alone=alone) for each in details]
        rest = self._rest(total, details, amounts)
        for detail, amount in zip(details, amounts, strict=True):
            if _is_debit(detail):
                yield self.left_out("debit", detail, _words(amount))
            elif detail.find("{*}RtrInf") is not None:
                yield self.left_out("reversal", detail, _words(amount))
            else:
                yield self._credit(detail, amount, alone=alone)
        if rest.amount:
            yield self.left_out("not_detailed", self.element, _words(rest))

    def _is_batch(self) -> bool:
        counts = (
            (each.text or "").strip()
            for each in self.element.iterfind("{*}NtryDtls/{*}Btch/{*}NbOfTxs")
        )
        return any(count not in {"", "0", "1"} for count in counts)

    def _rest(
        self, total: Money, details: list[ET.Element], amounts: list[Money]
    ) -> Money:
        """Return the amount that the details leave over, without the bank's charges.

        Raises:
            _UnreadableError: they exceed the entry and its charges.
        """
        signed = (
            -amount if _is_debit(detail) else amount
            for detail, amount in zip(details, amounts, strict=True)
        )
        detailed = sum(signed, zero(total.currency.code))
        charges = _charges([self.element, *details], total)
        if detailed in {total, total + charges}:
            return zero(total.currency.code)
        if detailed > total:
            raise _UnreadableError(
                _(
                    "the parts add up to %(parts)s, but the entry is %(entry)s",
                    parts=f"{detailed.amount:f}",
                    entry=f"{total.amount:f}",
                )
            )
        return total - detailed

    def _credit(
        self, detail: ET.Element, amount: Money, *, alone: bool = True
    ) -> BankCredit:
        own = _reference(detail, "Refs/AcctSvcrRef", "Refs/TxId")
        reference = own or self._reference()
        text = _remittance(detail)
        if alone and detail is not self.element:
            text = f"{text} {_remittance(self.element)}".strip()
        text = text[:MAX_TEXT_LENGTH]
        payer = _payer(detail)
        day = self._day()
        account = _text(self.statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
        statement = _text(self.statement, "Id")
        # A bank may reuse a number on another day, or use one for all without any.
        same = f"{account}:{day or statement}/{reference or '-'}"
        name = f"{same}/{_fingerprint(amount, text, payer)}"
        self.seen[name] += 1
        if self.seen[name] > 1:
            name += f"/{self.seen[name]}"
        if not reference:
            # Another statement may have the same amount, or be the same one again.
            name += f"@{statement}"
        # Without the day, as in the previous release.
        before = (f"{account}:{reference}",) if reference else ()
        return BankCredit(
            transaction=name,
            amount=amount,
            text=text,
            payer=payer,
            booked_on=day,
            payer_country=_text(detail, "RltdPties/DbtrAcct/Id/IBAN")[:2],
            alike=(same, *before),
        )

    def _reference(self) -> str:
        return _reference(self.element, "AcctSvcrRef", "NtryRef")

    def _day(self) -> date | None:
        paths = ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
        text = _text(self.element, *paths)[:10]
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            message = _("%(text)r is not a date", text=text)
            raise _UnreadableError(message) from error


def _fingerprint(amount: Money, text: str, payer: str) -> str:
    """Distinguish entries to which a bank gives the same reference."""
    content = "\0".join((f"{amount.amount.normalize():f}", text, payer))
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _is_debit(detail: ET.Element) -> bool:
    return _text(detail, "CdtDbtInd") == _DEBIT


def _amount(element: ET.Element, entry: ET.Element, *, alone: bool = False) -> Money:
    """Return the amount in the entry's currency, which is the account's.

    If it is ``alone`` in its entry, fall back to the entry's own amount.
    """
    wanted = _first(entry, "Amt")
    currency = "" if wanted is None else wanted.get("Ccy", "")
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        amount = _first(element, path)
        if amount is not None and amount.get("Ccy") == currency:
            return _money(amount)
    if alone and wanted is not None:
        return _money(wanted)
    raise _UnreadableError(_("no amount"))


def _money(element: ET.Element) -> Money:
    text = (element.text or "").strip()
    if not _DECIMAL.fullmatch(text):
        raise _UnreadableError(_("%(text)r is not an amount", text=text[:40]))
    written = {"amount": f"{Decimal(text):f}", "currency": element.get("Ccy")}
    try:
        return decode_money(written)
    except ValueError as error:
        raise _UnreadableError(str(error)) from error


def _charges(elements: list[ET.Element], total: Money) -> Money:
    """Add up the bank's charges, whose format differs by version."""
    found = zero(total.currency.code)
    for element in elements:
        for charge in element.iterfind("{*}Chrgs"):
            for each in charge.findall("{*}Rcrd") or [charge]:
                amount = _first(each, "Amt")
                if amount is not None and amount.get("Ccy") == total.currency.code:
                    found += _money(amount)
    return found


def _words(amount: Money) -> str:
    return f"{amount.amount:f} {amount.currency.code}"


def _written_amount(element: ET.Element) -> str:
    """Return the amount exactly as written."""
    amount = _first(element, "Amt")
    if amount is None:
        return ""
    return f"{(amount.text or '').strip()[:40]} {amount.get('Ccy', '')[:3]}".strip()


def _payer(element: ET.Element) -> str:
    return _text(element, "RltdPties/Dbtr/Pty/Nm", "RltdPties/Dbtr/Nm")


def _remittance(element: ET.Element) -> str:
    paths = (
        "RmtInf/Ustrd",
        "RmtInf/Strd/CdtrRefInf/Ref",
        "RmtInf/Strd/AddtlRmtInf",
        "Refs/EndToEndId",
        "AddtlTxInf",
        "AddtlNtryInf",
    )
    parts = (part for path in paths for part in element.iterfind(_any_namespace(path)))
    texts = (" ".join((part.text or "").split()) for part in parts)
    return " ".join(text for text in texts if text.upper() not in _FILLERS)


def _reference(element: ET.Element, *paths: str) -> str:
    """Return the first text at ``paths`` that is not a filler."""
    texts = (_text(element, path) for path in paths)
    return next((text for text in texts if text.upper() not in _FILLERS), "")


def _text(element: ET.Element, *paths: str) -> str:
    """Return the first text at ``paths``."""
    for path in paths:
        found = _first(element, path)
        if found is not None and (found.text or "").strip():
            return (found.text or "").strip()
    return ""


def _first(element: ET.Element, path: str) -> ET.Element | None:
    return element.find(_any_namespace(path))


def _any_namespace(path: str) -> str:
    return "/".join(f"{{*}}{step}" for step in path.split("/"))
