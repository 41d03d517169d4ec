"""Bank statements as banks write them, and files that are none."""

from datetime import date
from pathlib import Path

import pytest

from cli.importing.bank_statements import read_statement
from cli.importing.records import FileError
from shared.contracts.billing.payments import MAX_TEXT_LENGTH
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


def test_a_credit_is_read_with_who_paid_and_what_they_wrote(tmp_path: Path) -> None:
    (credit,) = read_statement(_file(tmp_path, CREDIT))

    assert credit.transaction == "DE89370400440532013000:A-1"
    assert credit.amount == Money("119.00", "EUR")
    assert credit.payer == "Aurora Digital GmbH"
    assert credit.text == "Top-up TU-4F7K- 2M9Q-8RTW"
    assert (credit.booked_on, credit.payer_country) == (date(2026, 3, 2), "AT")


def test_a_text_longer_than_billing_takes_is_cut(tmp_path: Path) -> None:
    entry = CREDIT.replace("2M9Q-8RTW", "2M9Q-8RTW " + "x" * MAX_TEXT_LENGTH)

    (credit,) = read_statement(_file(tmp_path, entry))

    assert credit.text.startswith("Top-up TU-4F7K- 2M9Q-8RTW xxx")
    assert len(credit.text) == MAX_TEXT_LENGTH


def test_only_what_came_in_and_is_booked_is_read(tmp_path: Path) -> None:
    assert read_statement(_file(tmp_path, DEBIT + NOT_BOOKED)) == []


def test_a_batch_booked_as_one_is_read_payment_by_payment(tmp_path: Path) -> None:
    first, second = read_statement(_file(tmp_path, BATCH))

    assert (first.amount, second.amount) == (Money(10, "EUR"), Money(20, "EUR"))
    assert first.transaction != second.transaction


def test_numbers_that_a_bank_gives_anew_each_day_are_no_names(tmp_path: Path) -> None:
    entry = BATCH.replace(
        "<NtryRef>", "<BookgDt><Dt>2026-03-0{}</Dt></BookgDt><NtryRef>"
    )

    first, _ = read_statement(_file(tmp_path, entry.replace("{}", "2")))
    again, _ = read_statement(_file(tmp_path, entry.replace("{}", "2")))
    next_day, _ = read_statement(_file(tmp_path, entry.replace("{}", "3")))

    assert first.transaction == again.transaction != next_day.transaction


def test_a_name_that_payments_of_a_batch_share_is_numbered(tmp_path: Path) -> None:
    shared = "<TxDtls><Refs><AcctSvcrRef>S-1</AcctSvcrRef></Refs>"

    credits_ = read_statement(_file(tmp_path, BATCH.replace("<TxDtls>", shared)))

    assert [each.transaction.partition(":")[2] for each in credits_] == [
        "S-1/1",
        "S-1/2",
    ]


@pytest.mark.parametrize("filler", ["NONREF", "NOTPROVIDED", "notprovided"])
def test_a_word_that_stands_for_no_reference_is_none(
    tmp_path: Path, filler: str
) -> None:
    filled = f"<Refs><AcctSvcrRef>{filler}</AcctSvcrRef></Refs><RltdPties>"
    entry = CREDIT.replace("<RltdPties>", filled)

    (credit,) = read_statement(_file(tmp_path, entry))

    assert credit.transaction == "DE89370400440532013000:A-1"
    with pytest.raises(FileError, match="no reference"):
        read_statement(_file(tmp_path, entry.replace("A-1", filler)))


@pytest.mark.parametrize(
    "text",
    [
        "no XML at all",
        "<Document/>",
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
        STATEMENT.format(entries=CREDIT.replace("119.00", "1e9")),
        STATEMENT.format(entries=CREDIT.replace("EUR", "XXL")),
        STATEMENT.format(entries=CREDIT.replace("AcctSvcrRef", "Other")),
    ],
)
def test_a_file_that_is_no_statement_is_refused_in_words(
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
