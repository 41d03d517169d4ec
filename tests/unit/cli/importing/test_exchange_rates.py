"""The ECB's files of reference rates, and what is none."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from cli.importing import exchange_rates
from cli.importing.exchange_rates import read_rates
from cli.importing.records import FileError
from shared.contracts.billing.exchange_rates import ExchangeRate

HISTORY = """\
Date,USD,JPY,LVX,PLN,
2026-02-27,1.0805,163.2,N/A,4.2315,
2026-02-26,1.0799,162.95,0.7028,N/A,
"""
DAILY = """\
Date, USD, JPY, LVX, PLN,\x20
27 February 2026, 1.0805, 163.2, N/A, 4.2315,\x20
"""
XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
    xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube>
    <Cube time="2026-02-27">
      <Cube currency="USD" rate="1.0805"/><Cube currency="JPY" rate="163.2"/>
      <Cube currency="PLN" rate="4.2315"/>
    </Cube>
    <Cube time="2026-02-26">
      <Cube currency="USD" rate="1.0799"/><Cube currency="JPY" rate="162.95"/>
    </Cube>
  </Cube>
</gesmes:Envelope>
"""
RATES = [
    ExchangeRate(day=date.fromisoformat(day), currency=currency, rate=Decimal(rate))
    for day, currency, rate in (
        ("2026-02-27", "USD", "1.0805"),
        ("2026-02-27", "JPY", "163.2"),
        ("2026-02-27", "PLN", "4.2315"),
        ("2026-02-26", "USD", "1.0799"),
        ("2026-02-26", "JPY", "162.95"),
    )
]


def _written(folder: Path, content: str | bytes) -> Path:
    path = folder / "rates"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("content", [HISTORY, "\ufeff" + HISTORY, HISTORY + "\n", XML])
def test_rates_of_current_currencies_are_read(tmp_path: Path, content: str) -> None:
    assert read_rates(_written(tmp_path, content)) == RATES


def test_the_day_of_the_daily_csv_is_read_in_words(tmp_path: Path) -> None:
    assert read_rates(_written(tmp_path, DAILY)) == RATES[:3]


@pytest.mark.parametrize(
    ("was", "now", "wrong"),
    [
        ("2026-02-27", "27/02/2026", "'27/02/2026' is not a date"),
        ("2026-02-27", "2026-02-30", "'2026-02-30' is not a date"),
        ("1.0805", "about 1", "2026-02-27 USD: 'about 1' is not a rate"),
    ],
)
def test_what_can_not_be_read_is_named(
    tmp_path: Path, was: str, now: str, wrong: str
) -> None:
    with pytest.raises(FileError, match=wrong):
        read_rates(_written(tmp_path, HISTORY.replace(was, now)))


def test_the_history_is_read_in_its_zip(tmp_path: Path) -> None:
    path = tmp_path / "eurofxref-hist.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("eurofxref-hist.csv", HISTORY)

    assert read_rates(path) == RATES


def test_a_zip_that_grows_beyond_the_bound_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", HISTORY + "\n" * 5_000)
    monkeypatch.setattr(exchange_rates, "MAX_BYTES", 1_000)
    assert path.stat().st_size < 1_000

    with pytest.raises(FileError, match="larger than"):
        read_rates(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "family,plan\n",
        "Date,USD,\n",
        HISTORY.replace("1.0805", "about 1"),
        HISTORY.replace("2026-02-27", "27/02/2026"),
        DAILY.replace("27 February", "30 February"),
        DAILY.replace("27 February", "27 Februar"),
        HISTORY.replace("163.2,", ""),
        XML.replace("1.0805", "x"),
        XML.replace('time="2026-02-27"', 'time="soon"'),
        XML.replace("</Cube>", ""),
        "<Envelope/>",
        b"PK\x03\x04 no zip",
        b"Date,USD,\n2026-02-27,\xff,\n",
    ],
)
def test_what_is_none_of_the_ecbs_files_is_refused(
    tmp_path: Path, content: str | bytes
) -> None:
    with pytest.raises(FileError):
        read_rates(_written(tmp_path, content))


def test_a_file_that_defines_entities_is_refused(tmp_path: Path) -> None:
    bomb = XML.replace("<gesmes:Env", '<!DOCTYPE x [<!ENTITY a "b">]><gesmes:Env', 1)
    with pytest.raises(FileError, match="entities"):
        read_rates(_written(tmp_path, bomb))
