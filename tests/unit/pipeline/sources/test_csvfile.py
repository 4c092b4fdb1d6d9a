"""Delimited files: every row is read exactly, or counted with its line and a reason."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.batch import CHUNK_ROWS
from tests.unit.pipeline.sources.support import batches, csv_file, records


def test_text_stays_text(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "id,amount,note\n007,1.10,NA\n008,1e5,null\n")
    assert records(file) == ([("007", "1.10", "NA"), ("008", "1e5", "null")], [2, 3], [])


def test_an_empty_field_is_no_value(tmp_path: Path) -> None:
    assert records(csv_file(tmp_path, 'a,b\n,""\n'))[0] == [(None, None)]


def test_null_values_are_those_given(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "a,b\nNULL,x\nnull,\n", null_values=frozenset({"", "NULL"}))
    assert records(file)[0] == [(None, "x"), ("null", None)]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert csv_file(tmp_path, b"\xef\xbb\xbfid,b\n1,2\n").columns == ("id", "b")


def test_separator_and_quote(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "a;b\n'x;y';'it''s'\n", separator=";", quote="'")
    assert records(file)[0] == [("x;y", "it's")]


def test_without_a_quote_every_separator_separates(tmp_path: Path) -> None:
    file = csv_file(tmp_path, 'a|b\n5" nail|2\n', separator="|", quote="")
    assert records(file)[0] == [('5" nail', "2")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(tmp_path: Path, end: str) -> None:
    file = csv_file(tmp_path, end.join(["a,b", "1,2", '3,"4"', "5,6"]))
    assert records(file) == ([("1", "2"), ("3", "4"), ("5", "6")], [2, 3, 4], [])


def test_lines_are_physical_even_after_line_ends_in_fields(tmp_path: Path) -> None:
    file = csv_file(tmp_path, 'a,b\n1,"x\ny\nz"\n\n2,w\n')
    assert records(file) == ([("1", "x\ny\nz"), ("2", "w")], [2, 6], [])


def test_a_header_that_spans_lines_counts_them(tmp_path: Path) -> None:
    file = csv_file(tmp_path, '\n"a\nb",c\n1,2\n')
    assert (file.columns, records(file)[1]) == (("a\nb", "c"), [4])


@pytest.mark.parametrize(("line", "fields"), [("1,2", 2), ("1,2,3,4", 4), ('"1"', 1)])
def test_too_few_or_too_many_fields_are_unreadable(tmp_path: Path, line: str, fields: int) -> None:
    values, lines, bad = records(csv_file(tmp_path, f"a,b,c\n1,2,3\n{line}\n7,8,9\n"))
    assert (values, lines) == ([("1", "2", "3"), ("7", "8", "9")], [2, 4])
    assert [(row.line, row.reason) for row in bad] == [(3, f"has {fields} fields where the header has 3")]


def test_an_unclosed_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    values, lines, bad = records(csv_file(tmp_path, 'a,b\n1,"x\n2,y\n3,"z"\n4,w\n'))
    assert (values, lines) == ([("2", "y"), ("3", "z"), ("4", "w")], [3, 4, 5])
    assert [row.line for row in bad] == [2]
    assert "never closed" in bad[0].reason


def test_an_unclosed_quote_that_swallows_a_whole_row_gives_it_back(tmp_path: Path) -> None:
    values, lines, bad = records(csv_file(tmp_path, 'a,b,c\n1,"x,2\n3,y,",",4\n5,z,6\n'))
    assert (values, lines) == ([("5", "z", "6")], [4])
    assert [row.line for row in bad] == [2, 3]


def test_a_quote_inside_a_field_that_is_not_doubled(tmp_path: Path) -> None:
    values, _, bad = records(csv_file(tmp_path, 'a,b\n1,"5" nail"\n2,y\n'))
    assert (values, [row.line for row in bad]) == ([("2", "y")], [2])


def test_a_quote_that_is_never_closed_does_not_eat_a_large_file(tmp_path: Path) -> None:
    rows = "".join(f"{i},text {i}\n" for i in range(30_000))
    values, lines, bad = records(csv_file(tmp_path, f'a,b\n1,"x\n{rows}'))
    assert (len(values), lines[0], [row.line for row in bad]) == (30_000, 3, [2])


def test_a_reason_never_repeats_what_stands_in_the_row(tmp_path: Path) -> None:
    bad = records(csv_file(tmp_path, 'a,b\nSecret\nSecret,"x"Secret\nSecret\0,y\n'))[2]
    assert [row.line for row in bad] == [2, 3, 4]
    assert not any("Secret" in row.reason for row in bad)


def test_a_nul_byte_makes_its_row_unreadable(tmp_path: Path) -> None:
    values, _, bad = records(csv_file(tmp_path, "a,b\n1,x\0y\n2,z\n"))
    assert (values, [(row.line, row.reason) for row in bad]) == ([("2", "z")], [(2, "contains a NUL byte")])


def test_chunks_are_bounded_and_nothing_is_lost_between_them(tmp_path: Path) -> None:
    # The record with a line end begins on the last line of the first block and ends in the second.
    head = "".join(f"{i},x\n" for i in range(CHUNK_ROWS - 1))
    found = batches(csv_file(tmp_path, f'a,b\n{head}split,"in\ntwo"\nlast,row\n'))
    assert all(len(batch.lines) <= CHUNK_ROWS for batch in found)
    lines = [line for batch in found for line in batch.lines]
    assert lines == [*range(2, CHUNK_ROWS + 2), CHUNK_ROWS + 3]
    assert found[-1].columns["a"][-1] == "last"


def test_compressed_files_read_like_plain_ones(tmp_path: Path) -> None:
    file = csv_file(tmp_path, gzip.compress(b"a,b\n1,2\n"), "data.csv.gz")
    assert records(file) == ([("1", "2")], [2], [])


def test_header_only_is_a_table_without_rows(tmp_path: Path) -> None:
    assert records(csv_file(tmp_path, "a,b\n")) == ([], [], [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "data.csv is empty: it needs at least a header"),
        (b"\n\n", "data.csv is empty"),
        (b"a,b,a\n1,2,3\n", "has the column `a` twice"),
        (b"a,b, a \n", "has the column `a` twice"),
        (b'a,"b\n1,2\n', "no readable header"),
        (b"a\0,b\n1,2\n", "NUL bytes in its header"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1: is in UTF-16, not utf-8; put `encoding: utf-16`"),
        (b"x" * 1_100_000, "over a million characters"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError) as error:
        csv_file(tmp_path, content)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_wrong_encoding_names_line_byte_and_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"data\.csv, line 3: byte 0xe9 is not text in utf-8;.*`encoding: cp1252`"):
        csv_file(tmp_path, "a,b\n1,x\n2,é\n".encode("cp1252"))


def test_wrong_encoding_far_into_a_compressed_file(tmp_path: Path) -> None:
    rows = b"1,x\n" * 100_000
    file = csv_file(tmp_path, gzip.compress(b"a,b\n" + rows + b"\xff,y\n"), "data.csv.gz")
    with pytest.raises(SourceError, match=r"data\.csv\.gz, line 100002: byte 0xff"):
        records(file)


def test_a_file_cut_within_a_character(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 2: the end of the file is not text in utf-8"):
        records(csv_file(tmp_path, "a,b\n1,é".encode()[:-1]))


def test_the_declared_encoding_is_used(tmp_path: Path) -> None:
    assert records(csv_file(tmp_path, "a\né\n".encode("cp1252"), encoding="cp1252"))[0] == [("é",)]
    assert records(csv_file(tmp_path, "a\né\n".encode("utf-16"), encoding="utf-16"))[0] == [("é",)]


def test_a_utf8_mark_under_another_declared_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is in UTF-8, not cp1252"):
        csv_file(tmp_path, b"\xef\xbb\xbfa\n1\n", encoding="cp1252")


@pytest.mark.parametrize("damage", [slice(0, -12), slice(3, None)])
def test_a_damaged_compressed_file_is_refused(tmp_path: Path, damage: slice) -> None:
    content = gzip.compress(b"a,b\n" + os.urandom(50_000).hex().encode() + b",2\n")[damage]
    with pytest.raises(SourceError, match="damaged or cut off"):
        records(csv_file(tmp_path, content, "data.csv.gz"))


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "a,b\n" + "1,2\n" * (CHUNK_ROWS + 1))
    reading = file.read(["a"])
    next(reading)
    with (tmp_path / "data.csv").open("a") as late:
        late.write("3,4\n")
    with pytest.raises(
        SourceError, match=r"data\.csv changed while it was being read \(size \d+ then, \d+ bytes now\)"
    ):
        list(reading)


def test_a_file_replaced_by_another_of_the_same_size_is_refused(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "a,b\n1,2\n")
    other = tmp_path / "other"
    other.write_text("a,b\n3,4\n")
    other.replace(tmp_path / "data.csv")
    with pytest.raises(SourceError, match="changed while it was being read"):
        records(file)


def test_a_file_that_disappears_is_refused(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "a,b\n1,2\n")
    (tmp_path / "data.csv").unlink()
    with pytest.raises(SourceError, match="disappeared"):
        records(file)


def test_long_rows_are_read_in_small_batches(tmp_path: Path) -> None:
    # 5,000 lines of over 9,000 characters: far more than one batch may hold.
    file = csv_file(tmp_path, "a,b\n" + "".join(f"{n},{'x' * 9_000}\n" for n in range(5_000)))
    found = batches(file)
    assert [value for batch in found for value in batch.columns["a"]] == [str(n) for n in range(5_000)]
    assert [line for batch in found for line in batch.lines] == list(range(2, 5_002))
    assert max(len(batch.lines) for batch in found) == 2_000


def test_a_damaged_gzip_file_that_is_no_text_either_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"a\n\xff\n"))
    packed[-6] ^= 1  # the checksum
    with pytest.raises(SourceError, match=r"File data.csv.gz is damaged or cut off"):
        csv_file(tmp_path, bytes(packed), name="data.csv.gz")
