"""Folders as people leave them: names that are no text, links to nothing, files that are something else."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from pipeline.errors import MappingError, SourceError, UsageError
from pipeline.sources import open_source
from tests.unit.pipeline.sources.support import INVOICES, folder, rows, source

_TABLES = "tables: {invoices: {}, payments: {}}\n"


def _refusal(path: Path, mapping: str | None = None) -> str:
    with pytest.raises((SourceError, MappingError)) as error:
        source(path, mapping)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_a_file_name_that_is_not_utf8_has_a_label_that_every_output_can_hold(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / os.fsdecode(b"caf\xe9.csv")).write_text(INVOICES)
    (chunk,) = source(tmp_path, "tables: {invoices: {from: 'more/*'}, payments: {}}").read("invoices")
    assert chunk.file == "more/caf\\udce9.csv"
    assert len(chunk.frame) == 1


def test_a_link_to_nothing_is_refused_because_its_rows_would_seem_deleted(tmp_path: Path) -> None:
    (folder(tmp_path) / "invoices_2.csv").symlink_to(tmp_path / "gone.csv")
    assert "invoices_2.csv cannot be read: No such file or directory" in _refusal(tmp_path)


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (folder(tmp_path) / "payers.csv").symlink_to(tmp_path / "payers.csv")
    assert "payers.csv cannot be read: Too many levels of symbolic links" in _refusal(tmp_path)


def test_hidden_folders_and_what_is_no_file_are_left_out(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / ".snapshot").mkdir()
    (tmp_path / ".snapshot" / "invoices_1.csv").write_text(INVOICES)
    os.mkfifo(tmp_path / "invoices_2.csv")
    (tmp_path / "invoices_3.csv").mkdir()
    found = rows(source(tmp_path, "tables: {invoices: {from: '*invoices*'}, payments: {}}"), "invoices")
    assert len(found) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(INVOICES.encode(), mtime=0), "is compressed with gzip, not text; let its name end in .csv.gz"),
        (b"PK\x03\x04....", "is a ZIP archive or an Excel workbook, not text; unpack it, or save the sheet as CSV"),
        (b"PAR1....PAR1", "is a Parquet file, not text; let its name end in .parquet"),
        (INVOICES.encode("utf-32"), "line 1: is in UTF-32, not utf-8; put `encoding: utf-32` in the mapping"),
    ],
)
def test_a_file_that_is_something_else_is_named_for_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in _refusal(folder(tmp_path, invoices=content))


@pytest.mark.parametrize(("mark", "spelled"), [(";", '";"'), ("\t", "tab"), ("|", '"|"')])
def test_another_separator_is_recognised_and_the_remedy_said(tmp_path: Path, mark: str, spelled: str) -> None:
    folder(tmp_path, invoices=INVOICES.replace(",", mark))
    for mapping in (None, _TABLES):
        assert f"its header is a single column: with a mapping that says `separator: {spelled}`" in _refusal(
            tmp_path, mapping
        )


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_the_line_of_a_byte_that_is_no_text_is_counted_with_any_line_end(tmp_path: Path, ending: str) -> None:
    lines = [*INVOICES.splitlines(), "I2,H1,P\xe9,2024-01-05,1,issued", ""]
    message = _refusal(folder(tmp_path, invoices=ending.join(lines).encode("latin-1")))
    assert message.startswith("File invoices.csv, line 3: byte 0xe9 is not text in utf-8")


@pytest.mark.parametrize(
    "mapping",
    ["thousands: '.'\n" + _TABLES, "decimal: ','\ntables: {invoices: {thousands: ','}, payments: {}}"],
)
def test_one_mark_cannot_be_decimal_and_thousands_even_where_one_is_the_default(tmp_path: Path, mapping: str) -> None:
    assert "is the decimal mark and also the mark of thousands" in _refusal(folder(tmp_path), mapping)


@pytest.mark.parametrize("location", ["", "  "])
def test_an_empty_location_is_not_the_current_folder(location: str) -> None:
    with pytest.raises(UsageError, match="location of a source is empty"):
        open_source("test", location)


def test_a_folder_name_that_is_too_long_is_said() -> None:
    with pytest.raises(SourceError, match="cannot be read: File name too long"):
        open_source("test", "x" * 5000)


def test_an_optional_column_in_another_spelling_is_not_silently_left_out(tmp_path: Path) -> None:
    folder(tmp_path, invoices=INVOICES.replace("status", "status,Due Date").replace("issued", "issued,2024-02-05"))
    assert "invoices.csv has a column `Due Date`; write it `due_date` if it is that" in _refusal(tmp_path)


def test_parts_of_a_table_have_the_same_columns(tmp_path: Path) -> None:
    wide = INVOICES.replace("status", "status,due_date").replace("issued", "issued,2024-02-05")
    folder(tmp_path).joinpath("more.csv").write_text(wide)
    mapping = "tables: {invoices: {from: [invoices.csv, more.csv]}, payments: {}}"
    assert "invoices.csv has no column `due_date`, which more.csv has; add it" in _refusal(tmp_path, mapping)
