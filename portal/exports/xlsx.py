"""XLSX with typed cells at constant memory, and a chart of the spreadsheet's own where the report has one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from portal.analytics.money import Money, digits, hundredths, rounded, unrounded
from portal.exports.document import Column, Document, Section
from portal.queries.definitions import Definition

_SHEET_ROWS = 1_048_575  # what one sheet holds besides its header
_WIDTHS = {"text": 18, "date": 12, "money": 16, "exact": 16, "integer": 11, "rate": 11}
_CHART_ROWS = 24


def write_xlsx(document: Document, file: IO[bytes]) -> None:
    """Write ``document`` to ``file``: sheets of rows, then ``About`` with totals, filters and definitions."""
    workbook = xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    workbook.set_properties({"title": document.title, "comments": f"Daybook build {document.stamp.build_id}"})
    formats = _formats(workbook, document.currency)
    if document.sections:
        drawn = [(section, _section(workbook, document, section, formats)) for section in document.sections]
        _charts(workbook, document, [(section, rows) for section, rows in drawn if section.chart_columns and rows])
    else:
        _data(workbook, document, formats)
    if document.drawn:
        _charts(workbook, document, [(document.drawn, _section(workbook, document, document.drawn, formats))])
    _about(workbook, document, formats)
    workbook.close()


def _data(workbook: Workbook, document: Document, formats: dict[str, Format]) -> None:
    sheet, filled = _sheet(workbook, document, formats, 1), 0
    first, first_rows = sheet, 0
    for row in document.rows:
        if filled == _SHEET_ROWS:
            sheet, filled = _sheet(workbook, document, formats, len(workbook.worksheets()) + 1), 0
        filled += 1
        first_rows = filled if sheet is first else first_rows
        for index, column in enumerate(document.columns):
            _write(sheet, filled, index, _value(column, row, document.currency), formats[column.kind])
    if document.chart_columns and first_rows:
        drawn = Section("Data", document.columns, (), chart_columns=document.chart_columns)
        _chart(workbook, (first, 1, len(document.columns) + 1), drawn, document, first_rows)


def _section(workbook: Workbook, document: Document, section: Section, formats: dict[str, Format]) -> int:
    """Write a section as a sheet, or several if one does not hold it. Returns how many rows the first has."""
    sheet, filled, first, sheets = (
        _headed(workbook, section.title, section.columns, document.currency, formats),
        0,
        0,
        1,
    )
    for row in section.rows:
        if filled == _SHEET_ROWS:
            sheets, filled = sheets + 1, 0
            sheet = _headed(workbook, f"{section.title} {sheets}", section.columns, document.currency, formats)
        filled += 1
        first = filled if sheets == 1 else first
        for index, column in enumerate(section.columns):
            _write(sheet, filled, index, _value(column, row, document.currency), formats[column.kind])
    return first


def _charts(workbook: Workbook, document: Document, drawn: Sequence[tuple[Section, int]]) -> None:
    if not drawn:
        return
    sheet = workbook.add_worksheet("Charts")
    sheet.hide_gridlines(2)
    for number, (section, rows) in enumerate(drawn):
        _chart(workbook, (sheet, 1 + number * _CHART_ROWS, 1), section, document, rows)


def _formats(workbook: Workbook, currency: str) -> dict[str, Format]:
    decimals = digits(currency)
    money = "#,##0" + ("." + "0" * decimals if decimals else "")
    return {
        "text": workbook.add_format({}),
        "date": workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "money": workbook.add_format({"num_format": f"{money};[Red]-{money}"}),
        "exact": workbook.add_format({"num_format": "#,##0.00#;[Red]-#,##0.00#"}),
        "rate": workbook.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"}),
        "integer": workbook.add_format({"num_format": "#,##0"}),
        "head": workbook.add_format(
            {"bold": True, "bg_color": "#DCE9F9", "bottom": 1, "text_wrap": True, "valign": "top"}
        ),
        "title": workbook.add_format({"bold": True, "font_size": 14}),
        "total": workbook.add_format({"num_format": f"{money};[Red]-{money}", "align": "left", "valign": "top"}),
        "wrap": workbook.add_format({"text_wrap": True, "valign": "top"}),
    }


def _sheet(workbook: Workbook, document: Document, formats: dict[str, Format], number: int) -> Worksheet:
    title = "Data" if number == 1 else f"Data {number}"
    return _headed(workbook, title, document.columns, document.currency, formats)


def _headed(
    workbook: Workbook, title: str, columns: Sequence[Column], currency: str, formats: dict[str, Format]
) -> Worksheet:
    sheet = workbook.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.weight or _WIDTHS[column.kind])
        label = f"{column.label} ({currency})" if column.kind == "money" else column.label
        sheet.write_string(0, index, label, formats["head"])
    return sheet


def _value(column: Column, row: Any, currency: str) -> Any:
    value = column.value(row)
    if not isinstance(value, Decimal):
        return value
    if column.kind == "exact":
        return unrounded(value, currency)
    return Decimal(hundredths(value)) if column.kind == "rate" else rounded(value, currency)


def _write(sheet: Worksheet, row: int, index: int, value: Any, style: Format) -> None:
    if value is None or value == "":
        sheet.write_blank(row, index, None, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, index, value, style)
    elif isinstance(value, str):
        sheet.write_string(row, index, value, style)
    else:
        sheet.write_number(row, index, value, style)


def _chart(
    workbook: Workbook, place: tuple[Worksheet, int, int], section: Section, document: Document, rows: int
) -> None:
    """Draw the ``chart_columns`` of ``section``, which stands in the sheet of its title, at a cell of ``place``."""
    names = [column.name for column in section.columns]
    category, *series = (names.index(name) for name in section.chart_columns)
    chart = workbook.add_chart({"type": "column"})
    for index, color in zip(series, ("#4A90E2", "#00BFA5"), strict=False):
        chart.add_series(
            {
                "name": [section.title, 0, index],
                "categories": [section.title, 1, category, rows, category],
                "values": [section.title, 1, index, rows, index],
                "fill": {"color": color},
                "gap": 60,
            }
        )
    chart.set_title({"name": document.title, "name_font": {"size": 12}})
    chart.set_y_axis(
        {
            "name": document.currency,
            "num_format": "#,##0",
            "major_gridlines": {"visible": True, "line": {"color": "#D9DEE5"}},
        }
    )
    legend: dict[str, Any] = {"none": True} if len(series) == 1 else {"position": "bottom"}
    chart.set_legend(legend)
    chart.set_size({"width": 760, "height": 20 * (_CHART_ROWS - 4)})
    sheet, row, column = place
    described = f"{document.title}: the figures of sheet {section.title} as columns"
    sheet.insert_chart(row, column, chart, {"description": described})


def _about(workbook: Workbook, document: Document, formats: dict[str, Format]) -> None:
    sheet = workbook.add_worksheet("About")
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    stamp = document.stamp
    lines = [
        ("Hospitals", ", ".join(stamp.hospitals)),
        ("Business date", stamp.business_date.isoformat()),
        ("Data as of", stamp.data_as_of),
        ("Build", str(stamp.build_id)),
        ("Currency", document.currency),
        *([("Warning", stamp.warning)] if stamp.warning else []),
        *document.filters,
        *document.summary,
        *([] if "Rows" in dict(document.summary) else [("Rows", f"{document.total:,}")]),
        *(("Note", note) for note in document.notes),
        *((item.label, _defined(item)) for item in document.definitions),
    ]
    sheet.write_string(0, 0, document.title, formats["title"])
    for number, (label, value) in enumerate(lines, start=2):
        sheet.write_string(number, 0, label, formats["wrap"])
        if isinstance(value, Money):
            sheet.write_number(number, 1, rounded(value.amount, value.currency), formats["total"])
        else:
            sheet.write_string(number, 1, value, formats["wrap"])


def _defined(item: Definition) -> str:
    return f"{item.formula}. Left out: {item.exclusions}" if item.exclusions else item.formula
