"""Exports: the same figures as the page in CSV, XLSX and PDF, typed, harmless, recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import openpyxl
import pypdf
import pytest
from flask.testing import FlaskClient

from portal.api.v1.parameters import REPORT_TYPES
from tests.portal import world

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SignIn = Callable[[str], FlaskClient]
API = "/api/v1/financial-reports/export"
QUARTER = {"startDate": "2026-01-01", "endDate": "2026-03-31"}


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def _values(sheet: Any) -> list[Any]:
    return [str(cell.value)[:10] if cell.is_date and cell.value else cell.value for cell in sheet[2]]


def test_csv_of_revenue_is_the_series_of_the_api(client: SignIn) -> None:
    accountant = client("accountant")
    answer = accountant.get(API, query_string=QUARTER | {"reportType": "revenue", "granularity": "month"})
    assert answer.mimetype == "text/csv"
    assert (
        "filename=daybook-revenue-collected-2026-01-01-2026-03-31-usd-b1.csv" in answer.headers["Content-Disposition"]
    )
    assert answer.data.endswith(b"\r\n") and answer.data.count(b"\r\n") == answer.data.count(b"\n") == 4
    assert [
        (row["period"], row["revenue"], row["refunded"], row["net"], row["count"]) for row in _rows(answer.data)
    ] == [
        ("2026-01-01", "615.00", "0.00", "615.00", "9"),
        ("2026-02-01", "300.00", "50.00", "250.00", "1"),
        ("2026-03-01", "40.00", "125.50", "-85.50", "1"),
    ]


@pytest.mark.parametrize(
    ("report", "rows", "column", "total"),
    [
        ("outstanding", 9, "amount_due", "1110.50"),
        ("ar-aging", 9, "amount_due", "1110.50"),
        ("patient-history", 13, "amount", None),
    ],
)
def test_csv_holds_every_row(client: SignIn, report: str, rows: int, column: str, total: str | None) -> None:
    answer = client("accountant").get(API, query_string=QUARTER | {"reportType": report})
    found = _rows(answer.data)
    assert len(found) == rows
    if total:
        assert sum(Decimal(row[column]) for row in found) == Decimal(total)


@pytest.mark.parametrize("report", ["outstanding", "ar-aging"])
def test_a_month_that_is_still_running_is_taken_as_of_the_business_date(client: SignIn, report: str) -> None:
    accountant = client("accountant")
    month = {"startDate": "2026-03-01", "endDate": "2026-04-30", "reportType": report}
    answer = accountant.get(API, query_string=month)
    assert answer.status_code == 200
    assert answer.data == accountant.get(API, query_string=QUARTER | {"reportType": report}).data
    past = accountant.get(API, query_string=month | {"endDate": "2026-03-04"})
    assert past.data != answer.data
    refused = accountant.get(API, query_string=month | {"asOfDate": "2026-04-01"})
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (400, ["asOfDate"])


def test_csv_names_its_encoding_once(client: SignIn) -> None:
    answer = client("accountant").get(API, query_string=QUARTER | {"reportType": "outstanding"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.data


def test_an_export_is_recorded_as_started_and_finished_with_its_checksum(client: SignIn) -> None:
    accountant = client("accountant")
    before = len(world.audit_records())
    answer = accountant.get(API, query_string=QUARTER | {"reportType": "outstanding"})
    size = len(answer.data)
    started, finished = world.audit_records()[before:]
    assert (started["action"], started["outcome"]) == ("api_call", "started")
    assert (finished["action"], finished["outcome"]) == ("export", "success")
    assert finished["details"]["rows"] == 9
    assert finished["details"]["bytes"] == size
    assert len(finished["details"]["sha256"]) == 64


def test_asking_for_the_headers_alone_promises_no_second_record(client: SignIn) -> None:
    accountant = client("accountant")
    before = len(world.audit_records())
    answer = accountant.head(API, query_string=QUARTER | {"reportType": "outstanding"})
    assert (answer.status_code, answer.data, answer.headers["Content-Disposition"][:10]) == (200, b"", "attachment")
    assert [(one["action"], one["outcome"]) for one in world.audit_records()[before:]] == [("api_call", "success")]


@pytest.mark.parametrize("pieces", [0, 1])
def test_a_file_that_is_not_taken_to_its_end_is_recorded_as_such(
    client: SignIn, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    accountant, taken = client("accountant"), []
    before, serve = len(world.audit_records()), accountant.application.wsgi_app

    def hang_up(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        answer: Any = serve(environ, start)
        taken.extend(next(answer) for _ in range(pieces))
        answer.close()
        answer.close()  # the end is recorded once
        return []

    monkeypatch.setattr(accountant.application, "wsgi_app", hang_up)
    accountant.get(API, query_string=QUARTER | {"reportType": "outstanding"})
    started, ended = world.audit_records()[before:]
    assert (started["outcome"], ended["action"], ended["outcome"]) == ("started", "export", "failed")
    assert ended["details"]["bytes"] == len(b"".join(taken)) and len(taken) == pieces
    assert (ended["user_id"], ended["request_id"]) == (started["user_id"], started["request_id"])


def test_xlsx_has_typed_cells_a_chart_and_what_limits_it(client: SignIn) -> None:
    query = QUARTER | {"reportType": "revenue", "granularity": "month", "format": "xlsx", "compare": "previous"}
    answer = client("accountant").get(API, query_string=query)
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = book["Data"]
    assert _values(sheet)[:7] == ["2026-01-01", None, 615, 0, 615, 9, 68.33]
    assert sheet["C2"].number_format.startswith("#,##0.00")
    assert sheet["C2"].data_type == "n" and sheet["A2"].is_date
    assert len(sheet._charts) == 1
    about = {row[0].value: row[1].value for row in book["About"].iter_rows() if row[0].value}
    assert (about["Build"], about["Currency"], about["Revenue"]) == ("1", "USD", 955)
    assert [row[0].value for row in book["About"].iter_rows()].count("Rows") == 1
    assert about["Total revenue"].startswith("Sum of payments received")
    assert ". Left out: " in about["Total revenue"]


def test_xlsx_of_open_invoices_keeps_ids_as_text(client: SignIn) -> None:
    query = QUARTER | {"reportType": "outstanding", "format": "xlsx", "sort": "invoiceId"}
    answer = client("accountant").get("/api/v1/financial-reports/export", query_string=query)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data))["Data"]
    assert [cell.data_type for cell in sheet[2][:11]] == ["s", "s", "n", "s", "d", "d", "n", "n", "d", "s", "s"]
    assert _values(sheet)[1:8] == ["I01", 1, "P01", "2026-01-10", "2026-02-09", 60, 50]


@pytest.mark.parametrize("report", ["outstanding", "ar-aging"])
def test_open_invoices_are_drawn_by_age(client: SignIn, report: str) -> None:
    query = QUARTER | {"reportType": report}
    accountant = client("accountant")
    book = openpyxl.load_workbook(io.BytesIO(accountant.get(API, query_string=query | {"format": "xlsx"}).data))
    assert [tuple(row) for row in book["By age"].iter_rows(min_row=2, values_only=True)] == [
        ("Not due", 120.5, 2), ("1–30 days", 320, 2), ("31–60", 230, 3), ("61–90", 100, 1), ("91 and more", 340, 1),
    ]  # fmt: skip
    assert len(book["Charts"]._charts) == 1
    pdf = pypdf.PdfReader(io.BytesIO(accountant.get(API, query_string=query | {"format": "pdf"}).data))
    assert pdf.pages[0].images


@pytest.mark.parametrize(
    ("report", "texts"),
    [
        ("revenue", ["Revenue collected", "955.00", "779.50", "Total revenue"]),
        ("outstanding", ["Outstanding invoices as of 2026-03-31", "1,110.50", "I10", "collection"]),
        ("ar-aging", ["Accounts receivable aging", "1,110.50", "855.50", "340.00"]),
        ("patient-history", ["Payment histories", "Y01", "pending"]),
    ],
)
def test_pdf_has_letterhead_totals_rows_build_and_pages(client: SignIn, report: str, texts: list[str]) -> None:
    answer = client("accountant").get(
        API, query_string=QUARTER | {"reportType": report, "format": "pdf", "granularity": "month"}
    )
    assert answer.mimetype == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(answer.data))
    text = "\n".join(page.extract_text() for page in reader.pages)
    for expected in [
        *texts,
        "Daybook",
        "Hudson Clinic",
        "build 1",
        f"Page 1 of {len(reader.pages)}",
        "Business date 2026-03-31",
    ]:
        assert expected in text, expected


def test_the_page_exports_what_it_shows(client: SignIn) -> None:
    accountant = client("accountant")
    query = {"minDays": "31", "maxDays": "50", "sort": "-amountDue"}
    exported = accountant.get("/staff/outstanding/export", query_string=query | {"format": "csv"})
    assert [row["invoice_id"] for row in _rows(exported.data)] == ["I02", "I17", "I01"]
    history = accountant.get("/staff/patients/P01/export", query_string={"status": "paid"})
    assert [row["payment_id"] for row in _rows(history.data)] == ["Y01"]
    revenue = accountant.get(
        "/staff/reports/revenue/export", query_string={"departmentId": "CARD", "startDate": "2026-01-01"}
    )
    assert sum(int(row["count"]) for row in _rows(revenue.data)) == 2


@pytest.mark.parametrize(
    "url", ["/staff/outstanding/export", "/staff/patients/P01/export", "/staff/reports/revenue/export"]
)
def test_exports_need_their_permission(client: SignIn, url: str) -> None:
    assert client("patient_accounts").get(url).status_code == 403
    assert client("accountant_h2").get("/staff/patients/P20/export").status_code == 404


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (QUARTER | {"reportType": "payroll"}, ["reportType"]),
        (QUARTER, ["reportType"]),
        ({"reportType": "revenue"}, ["startDate", "endDate"]),
        (QUARTER | {"reportType": "revenue", "format": "docx"}, ["format"]),
        ({"reportType": "revenue", "startDate": "2026-03-01", "endDate": "2026-02-01"}, ["endDate"]),
        (QUARTER | {"reportType": "revenue", "status": "paid"}, ["status"]),
        (QUARTER | {"reportType": "outstanding", "status": "paid"}, ["status"]),
        (QUARTER | {"reportType": "outstanding", "asOfDate": "2026-12-31"}, ["asOfDate"]),
        (QUARTER | {"reportType": "revenue", "currency": "EUR"}, ["currency"]),
    ],
)
def test_a_bad_parameter_is_named(client: SignIn, query: dict[str, str], fields: list[str]) -> None:
    answer = client("accountant").get(API, query_string=query)
    assert answer.status_code == 400
    assert sorted(answer.json["error"]["fields"]) == sorted(fields)


def test_the_allowed_reports_are_named(client: SignIn) -> None:
    answer = client("accountant").get(API, query_string=QUARTER | {"reportType": "payroll"})
    assert answer.json["error"]["fields"]["reportType"] == f"must be one of {', '.join(REPORT_TYPES)}"


def test_another_hospitals_patient_is_not_exported(client: SignIn) -> None:
    answer = client("accountant").get(API, query_string=QUARTER | {"reportType": "patient-history", "patientId": "P12"})
    assert answer.status_code == 404
