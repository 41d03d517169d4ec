"""Bank statements as banks write them, and files that are none."""

from datetime import date
from pathlib import Path

import pytest

from cli.importing.bank_statements import read_statement
from cli.importing.records import FileError
from shared.contracts.billing.payments import MAX_TEXT_LENGTH, BankCredit
from shared.money import Money

STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <BkToCstmrStmt><Stmt>
    <Id>2026-03-02</Id>
    <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>
    {entries}
  </Stmt></BkToCstmrStmt>
</Document>
"""
CREDIT = """
<Ntry>
  <Amt Ccy="EUR">119.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
  <BookgDt><Dt>2026-03-02</Dt></BookgDt><AcctSvcrRef>A-1</AcctSvcrRef>
  <NtryDtls><TxDtls>
    <RltdPties>
      <Dbtr><Pty><Nm>Aurora Digital GmbH</Nm></Pty></Dbtr>
      <DbtrAcct><Id><IBAN>AT611904300234573201</IBAN></Id></DbtrAcct>
    </RltdPties>
    <RmtInf><Ustrd>Top-up TU-4F7K-</Ustrd><Ustrd>2M9Q-8RTW</Ustrd></RmtInf>
  </TxDtls></NtryDtls>
</Ntry>
"""
DEBIT = CREDIT.replace("CRDT", "DBIT")
REVERSED = CREDIT.replace("<Sts>", "<RvslInd>true</RvslInd><Sts>")
NOT_BOOKED = CREDIT.replace("BOOK", "PDNG")
BATCH = """
<Ntry>
  <Amt Ccy="EUR">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
  <NtryRef>B-1</NtryRef>
  <NtryDtls>
    <TxDtls><AmtDtls><TxAmt><Amt Ccy="EUR">10.00</Amt></TxAmt></AmtDtls></TxDtls>
    <TxDtls><Amt Ccy="EUR">20.00</Amt></TxDtls>
  </NtryDtls>
</Ntry>
"""

TAKEN = ("<AmtDtls>", "<CdtDbtInd>DBIT</CdtDbtInd><AmtDtls>")
UNDETAILED = (
    CREDIT.replace("119.00", "30.00")
    .replace("<TxDtls>", "<Btch><NbOfTxs>2</NbOfTxs></Btch><Other>")
    .replace("</TxDtls>", "</Other>")
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'


def test_a_credit_is_read_with_who_paid_and_what_they_wrote(tmp_path: Path) -> None:
    (credit,) = _credits(tmp_path, CREDIT)

    assert credit.transaction.startswith("DE89370400440532013000:2026-03-02/A-1/")
    assert credit.amount == Money("119.00", "EUR")
    assert credit.payer == "Aurora Digital GmbH"
    assert credit.text == "Top-up TU-4F7K- 2M9Q-8RTW"
    assert (credit.booked_on, credit.payer_country) == (date(2026, 3, 2), "AT")


def test_a_text_longer_than_billing_takes_is_cut(tmp_path: Path) -> None:
    entry = CREDIT.replace("2M9Q-8RTW", "2M9Q-8RTW " + "x" * MAX_TEXT_LENGTH)

    (credit,) = _credits(tmp_path, entry)

    assert credit.text.startswith("Top-up TU-4F7K- 2M9Q-8RTW xxx")
    assert len(credit.text) == MAX_TEXT_LENGTH


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (DEBIT, ["debit 119.00 EUR"]),
        (DEBIT.replace("2M9Q-8RTW", "rent"), []),
        (NOT_BOOKED, ["pending 119.00 EUR"]),
        (CREDIT.replace("BOOK", ""), ["pending 119.00 EUR"]),
        (CREDIT + REVERSED, ["reversal 119.00 EUR"]),
        (REVERSED.replace("CRDT", "DBIT"), ["reversal 119.00 EUR"]),
        (
            CREDIT.replace("<RltdPties>", "<RtrInf/><RltdPties>"),
            ["reversal 119.00 EUR"],
        ),
        (CREDIT.replace("CRDT", "?"), ["unreadable 119.00 EUR"]),
        (CREDIT.replace("119.00", "1e9"), ["unreadable 1e9 EUR"]),
        (CREDIT.replace("119.00", "-119.00"), ["unreadable -119.00 EUR"]),
        (CREDIT.replace("EUR", "XXL"), ["unreadable 119.00 XXL"]),
        (CREDIT.replace("03-02", "02-30"), ["unreadable 119.00 EUR"]),
        (BATCH.replace(">20.00<", "><"), ["unreadable 30.00 EUR"]),
        (BATCH.replace("30.00", "29.00"), ["unreadable 29.00 EUR"]),
        (BATCH.replace("30.00", "31.00"), ["not_detailed 1.00 EUR"]),
        (BATCH.replace("30.00", "10.00").replace(*TAKEN), ["debit 10.00 EUR"]),
        (UNDETAILED, ["not_detailed 30.00 EUR"]),
    ],
)
def test_a_line_that_can_not_be_booked_is_reported_and_stops_nothing(
    tmp_path: Path, entry: str, told: list[str]
) -> None:
    other = CREDIT.replace("A-1", "A-2")

    read = read_statement(_file(tmp_path, entry + other))

    assert [f"{each.why} {each.amount}" for each in read.left_out] == told
    assert "/A-2/" in read.credits[-1].transaction


@pytest.mark.parametrize("written", ["+119.00", "119.", "119", " 119.00 ", "0119.0"])
def test_an_amount_is_a_decimal_of_xml(tmp_path: Path, written: str) -> None:
    (credit,) = _credits(tmp_path, CREDIT.replace("119.00", written))

    assert credit.amount == Money("119", "EUR")


def test_a_fraction_of_a_unit_needs_no_zero(tmp_path: Path) -> None:
    (credit,) = _credits(tmp_path, CREDIT.replace("119.00", ".50"))

    assert credit.amount == Money("0.50", "EUR")


def test_a_batch_booked_as_one_is_read_payment_by_payment(tmp_path: Path) -> None:
    first, second = _credits(tmp_path, BATCH)

    assert (first.amount, second.amount) == (Money(10, "EUR"), Money(20, "EUR"))
    assert first.transaction != second.transaction


@pytest.mark.parametrize("was", ["<NtryRef>B-1</NtryRef>", "B-1"])
@pytest.mark.parametrize("now", ["", "NONREF", "notprovided"])
def test_what_has_no_name_of_the_banks_is_named_by_what_it_says(
    tmp_path: Path, was: str, now: str
) -> None:
    entry = BATCH.replace(was, now if was == "B-1" else "").replace("20.00", "10.00")
    entry = entry.replace("30.00", "20.00")

    names = [each.transaction for each in _credits(tmp_path, entry)]

    assert names == [each.transaction for each in _credits(tmp_path, entry)]
    assert len(set(names)) == 2
    assert all(name.endswith("@2026-03-02") for name in names)


def test_a_name_of_another_day_is_another_name(tmp_path: Path) -> None:
    (first,) = _credits(tmp_path, CREDIT)
    (again,) = _credits(tmp_path, CREDIT)
    (next_day,) = _credits(tmp_path, CREDIT.replace("2026-03-02", "2026-03-03"))

    assert first.transaction == again.transaction != next_day.transaction


def test_entries_of_a_day_with_the_same_name_are_distinguished_by_content(
    tmp_path: Path,
) -> None:
    other = CREDIT.replace("Aurora", "Borealis")

    credits_ = _credits(tmp_path, CREDIT + other + CREDIT)

    assert len({each.transaction for each in credits_}) == 3
    assert {each.alike[0] for each in credits_} == {
        "DE89370400440532013000:2026-03-02/A-1"
    }


@pytest.mark.parametrize("text", ["no XML at all", "<Document/>", BOMB])
def test_a_file_that_is_not_a_statement_is_refused_in_words(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "statement.xml"
    file.write_text(text)

    with pytest.raises(FileError):
        read_statement(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_entities_are_refused_in_whatever_encoding(
    tmp_path: Path, encoding: str
) -> None:
    entry = CREDIT.replace("Aurora", "&a;")
    text = STATEMENT.format(entries=entry).partition("?>")[2].lstrip()
    text = '<!DOCTYPE Document [<!ENTITY a "aaaa">]>' + text
    file = tmp_path / "statement.xml"
    file.write_bytes(text.encode(encoding))

    with pytest.raises(FileError, match="entities"):
        read_statement(file)


def _file(folder: Path, entries: str) -> Path:
    file = folder / "statement.xml"
    file.write_text(STATEMENT.format(entries=entries))
    return file


def _credits(folder: Path, entries: str) -> list[BankCredit]:
    read = read_statement(_file(folder, entries))
    assert read.left_out == []
    return read.credits
