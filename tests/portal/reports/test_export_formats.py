"""The writers alone: formula injection, RFC 4180, typed cells, PDF limits and what a PDF may open."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exports import pdf_child, xlsx
from portal.exports.csv import csv_chunks, safe_text
from portal.exports.document import Column, Document, Section, Stamp
from portal.exports.pdf import MOST_ROWS, pdf_bytes
from portal.exports.xlsx import write_xlsx

Row = dict[str, Any]
STAMP = Stamp(7, date(2026, 3, 31), "31 Mar 2026 21:00 UTC", None, ("Hudson Clinic",))
NASTY = [
    '=cmd|"/c calc"!A1',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "plain",
    "-12.50",
    'quo"te',
    "new\nline",
    "\u6771\u4eac",
]


def _column(name: str, kind: Any) -> Column:
    return Column(name, name.title(), kind, lambda row: row[name])


def _document(rows: list[Row] | Iterator[Row], total: int, **more: Any) -> Document:
    columns = [_column("text", "text"), _column("day", "date"), _column("amount", "money"), _column("count", "integer")]
    return Document("test", "A report", "USD", columns, rows, total, STAMP, **more)


def _row(text: str = "x", amount: str = "1.5") -> Row:
    return {"text": text, "day": date(2026, 1, 2), "amount": Decimal(amount), "count": 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1+1", "'-1+1"), ("@A1", "'@A1"), ("\t=1", "'\t=1"), ("\rx", "'\rx"),
        (" =1", "' =1"), ("\uff1d1", "'\uff1d1"), ("-12.50", "-12.50"), ("-7", "-7"), ("-", "'-"), ("", ""), ("a=1", "a=1"),
    ],
)  # fmt: skip
def test_text_that_a_spreadsheet_would_run_is_quoted_and_negative_numbers_are_not(text: str, expected: str) -> None:
    assert safe_text(text) == expected


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30), max_size=20))
def test_csv_reads_back_as_written_but_for_the_quote(texts: list[str]) -> None:
    content = b"".join(csv_chunks(_document([_row(text) for text in texts], len(texts)))).decode("utf-8")
    found = list(csv.reader(io.StringIO(content, newline="")))
    assert found[0] == ["text", "day", "amount", "count"]
    assert [row[0] for row in found[1:]] == [safe_text(text) for text in texts]
    assert all(row[1:] == ["2026-01-02", "1.50", "3"] for row in found[1:])


def test_csv_keeps_negative_amounts_as_numbers_and_ends_lines_with_crlf() -> None:
    content = b"".join(csv_chunks(_document([_row(amount="-3.005")], 1)))
    assert content == b"text,day,amount,count\r\nx,2026-01-02,-3.01,3\r\n"


def test_csv_is_made_while_rows_come() -> None:
    taken = 0

    def rows() -> Iterator[Row]:
        nonlocal taken
        for _ in range(5_000):
            taken += 1
            yield _row()

    chunks = csv_chunks(_document(rows(), 5_000))
    next(chunks)
    assert taken < 1_000
    assert sum(chunk.count(b"\r\n") for chunk in chunks) + 500 == 5_000


def test_xlsx_writes_text_as_text_whatever_it_looks_like() -> None:
    file = io.BytesIO()
    write_xlsx(_document([_row(text) for text in NASTY], len(NASTY)), file)
    sheet = openpyxl.load_workbook(io.BytesIO(file.getvalue()))["Data"]
    assert [row[0].data_type for row in sheet.iter_rows(min_row=2)] == ["s"] * len(NASTY)
    assert sheet["A2"].value == NASTY[0]
    assert (sheet["C2"].value, sheet["D2"].value, sheet["C1"].value) == (1.5, 3, "Amount (USD)")


def test_pdf_counts_the_rows_that_it_leaves_out_and_escapes_markup() -> None:
    more = MOST_ROWS + 234
    rows = [_row("<b>bold</b> & =1+1")] + [_row(f"n{number}") for number in range(more - 1)]
    content = pdf_bytes(_document(iter(rows), more, summary=[("Total", "9.99")], filters=[("Status", "<script>")]))
    reader = pypdf.PdfReader(io.BytesIO(content))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "<b>bold</b> & =1+1" in text and "<script>" in text
    assert "first 1,000 of 1,234 rows" in text and "other 234 are in the CSV" in text
    assert f"n{MOST_ROWS - 2}" in text and f"n{MOST_ROWS - 1}" not in text


def test_pdf_of_nothing_says_so() -> None:
    content = pdf_bytes(replace(_document([], 0), stamp=replace(STAMP, warning="Not up to date.")))
    text = pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()
    assert "nothing to show" in text and "Not up to date." in text


def test_the_pdf_process_opens_neither_files_nor_addresses(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG not for you")
    html = f'<html><body><p>Hello</p><img src="{secret}"><img src="http://127.0.0.1:9/x.png"><img src="file:///etc/passwd"></body></html>'
    child = subprocess.run(
        [sys.executable, "-I", pdf_child.__file__], input=html.encode(), capture_output=True, timeout=60, check=False
    )
    assert child.returncode == 0
    assert pypdf.PdfReader(io.BytesIO(child.stdout)).pages[0].extract_text().strip() == "Hello"
    assert pdf_child.allowed("data:image/png;base64,AAAA", None) == "data:image/png;base64,AAAA"
    for refused in (str(secret), "http://127.0.0.1/x.png", "file:///etc/passwd", "data:text/html,x"):
        assert pdf_child.allowed(refused, None).startswith("data:image/png")
        assert pdf_child.allowed(refused, None) != refused


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_SHEET_ROWS", 2)
    rows = [_row(str(number)) for number in range(5)]
    drawn = Section(
        "Months", [_column("day", "date"), _column("amount", "money")], rows, chart_columns=("day", "amount")
    )
    for document, titles in (
        (_document(rows, 5), ["Data", "Data 2", "Data 3", "About"]),
        (_document(rows, 5, sections=[drawn]), ["Months", "Months 2", "Months 3", "Charts", "About"]),
    ):
        file = io.BytesIO()
        write_xlsx(document, file)
        book = openpyxl.load_workbook(file)
        assert book.sheetnames == titles
        assert [book[title].max_row for title in titles[:3]] == [3, 3, 2]
    (series,) = book["Charts"]._charts[0].series
    assert series.val.numRef.f == "Months!$B$2:$B$3"
