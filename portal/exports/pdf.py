"""PDF: letterhead, filters, totals, chart, rows, definitions. Laid out by a child process with limits of its own."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.analytics.money import hundredths, readable, unrounded
from portal.exports.document import Column, Document, Section
from portal.exports.drawing import to_png

MOST_ROWS = 1_000
_TABLE_ROWS = 200  # the layout's time grows with the square of a table's length
_SECONDS = 90
_CHILD = Path(__file__).with_name("pdf_child.py")
_WIDE_FROM = 7  # columns
_WEIGHTS = {"text": 14, "date": 10, "money": 13, "exact": 13, "integer": 8, "rate": 9}
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates" / "reports"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class PdfError(Exception):
    """The document could not be laid out within its limits; the message says what to do."""


def pdf_bytes(document: Document) -> bytes:
    """Return ``document`` as PDF: the first 1,000 rows, the rest counted and named.

    Raises:
        PdfError: if the layout failed or took too long.
    """
    # Isolated: nothing of the project or the folder is importable in the child, nor is the environment read.
    command = [sys.executable, "-I", str(_CHILD)]
    try:
        child = subprocess.run(
            command,
            input=_html(document).encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={"LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise PdfError("The PDF took too long to lay out: narrow the filters, or take CSV or XLSX.") from None
    if child.returncode or not child.stdout.startswith(b"%PDF-"):
        raise PdfError("The PDF could not be laid out: narrow the filters, or take CSV or XLSX.")
    return child.stdout


def _html(document: Document) -> str:
    sections = document.sections or [Section("Figures", document.columns, document.rows)]
    tables = [_table(section, document.currency, MOST_ROWS // len(sections)) for section in sections]
    wide = max(len(table["columns"]) for table in tables) >= _WIDE_FROM
    shown = sum(table["shown"] for table in tables)
    return _ENVIRONMENT.get_template("pdf.html").render(
        document=document,
        wide=wide,
        chart=_picture(document.chart),
        chart_width=760 if wide else 680,
        tables=tables,
        shown=shown,
        left_out=document.total - shown,
        zip=zip,
    )


def _table(section: Section, currency: str, most: int) -> dict[str, Any]:
    columns = [column for column in section.columns if not column.is_long]
    cells = [[_cell(column, row, currency) for column in columns] for row in islice(section.rows, most)]
    return {
        "title": section.title,
        "note": section.note,
        "columns": list(zip(columns, _widths(columns), strict=True)),
        "parts": _parts(cells),
        "shown": len(cells),
    }


def _parts(cells: list[list[str]]) -> list[list[list[str]]]:
    return [cells[start : start + _TABLE_ROWS] for start in range(0, len(cells), _TABLE_ROWS)]


def _widths(columns: Sequence[Column]) -> list[int]:
    weights = [column.weight or _WEIGHTS[column.kind] for column in columns]
    widths = [weight * 100 // sum(weights) for weight in weights]
    return [widths[0] + 100 - sum(widths), *widths[1:]]


def _picture(chart: dict[str, Any] | None) -> str | None:
    return f"data:image/png;base64,{base64.b64encode(to_png(chart)).decode()}" if chart else None


def _cell(column: Column, row: object, currency: str) -> str:
    value = column.value(row)
    if value is None:
        return "\u2013"
    if isinstance(value, Decimal) and column.kind == "exact":
        return f"{unrounded(value, currency):,f}".replace("-", "\u2212")
    if isinstance(value, Decimal):
        return hundredths(value) if column.kind == "rate" else readable(value, currency)
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:,}" if isinstance(value, int) else value
