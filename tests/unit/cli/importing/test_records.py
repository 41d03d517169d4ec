"""CSV and JSON files as records."""

from pathlib import Path

import pytest

from cli.importing.records import Columns, FileError, Record, read_csv, read_json
from shared.contracts.inventory.importing import RefusedRow

COLUMNS = Columns(required=("plan", "price"), optional=("icon",))


def write(folder: Path, content: str | bytes) -> Path:
    file = folder / "file"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_csv_records_know_the_line_they_begin_at(tmp_path: Path) -> None:
    content = 'price,plan\r\n1,"two\r\nlines"\r\n\r\n2,b\r\n'

    assert list(read_csv(write(tmp_path, content), COLUMNS)) == [
        Record("2", {"price": "1", "plan": "two\r\nlines"}),
        Record("5", {"price": "2", "plan": "b"}),
    ]


def test_csv_may_have_a_byte_order_mark_and_semicolons(tmp_path: Path) -> None:
    file = write(tmp_path, "\ufeffplan ; price\nä;1,5\n")

    assert list(read_csv(file, COLUMNS)) == [Record("2", {"plan": "ä", "price": "1,5"})]


def test_a_csv_line_with_a_value_too_many_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "plan,price\na,1,2\nb,3\n")

    refused, taken = read_csv(file, COLUMNS)

    assert refused == RefusedRow(
        line="2", field="", code="value_count", value="3 instead of 2"
    )
    assert isinstance(taken, Record)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "Missing column 'plan', 'price'"),
        ("plan\na\n", "Missing column 'price'"),
        ("plan,price,colour\n", "Unknown column 'colour'"),
        ("plan,price,plan\n", "two columns"),
        (b"plan,price\n\xff,1\n", "not UTF-8"),
        ('plan,price\n"a"b,1\n', "Line 2 is not CSV"),
    ],
)
def test_a_file_in_another_format_is_refused_as_a_whole(
    tmp_path: Path, content: str | bytes, problem: str
) -> None:
    with pytest.raises(FileError, match=problem):
        list(read_csv(write(tmp_path, content), COLUMNS))


def test_json_numbers_are_taken_as_they_are_written(tmp_path: Path) -> None:
    file = write(tmp_path, '[{"plan": "a", "price": 0.10000000000000000001}]')

    assert list(read_json(file, COLUMNS)) == [
        Record("#1", {"plan": "a", "price": "0.10000000000000000001", "icon": ""})
    ]


def test_json_objects_that_do_not_fit_are_refused_one_by_one(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '[1, {"plan": ["a"]}, {"plan": true}, {"colour": "x"}, {"plan": null}]',
    )

    *refused, taken = read_json(file, COLUMNS)

    assert [
        (r.line, r.field, r.code) for r in refused if isinstance(r, RefusedRow)
    ] == [
        ("#1", "", "no_object"),
        ("#2", "plan", "no_text"),
        ("#3", "plan", "no_text"),
        ("#4", "colour", "unknown_field"),
    ]
    assert taken == Record("#5", {"plan": "", "price": "", "icon": ""})


@pytest.mark.parametrize("content", ["", "{", "{}", '"text"', b"\xff", "[" * 100_000])
def test_a_file_without_a_list_of_objects_is_refused(
    tmp_path: Path, content: str | bytes
) -> None:
    with pytest.raises(FileError):
        list(read_json(write(tmp_path, content), COLUMNS))


def test_an_object_that_says_one_thing_twice_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, '[{"plan": "a", "price": 1, "price": 99}]')

    with pytest.raises(FileError, match="'price' twice"):
        list(read_json(file, COLUMNS))


def test_values_too_long_for_anything_are_cut_and_half_pairs_replaced(
    tmp_path: Path,
) -> None:
    file = write(tmp_path, '[{"plan": "\\ud800", "price": "%s"}]' % ("1" * 10_000))

    (record,) = read_json(file, COLUMNS)

    assert isinstance(record, Record)
    assert record.values["plan"] == "?"
    assert len(record.values["price"]) == 1_000
