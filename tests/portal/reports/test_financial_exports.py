"""Exports of the financial reports: the same figures as the answers in CSV, XLSX and PDF; no filter is silently ignored."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import openpyxl
import pypdf
import pytest
from flask.testing import FlaskClient

from portal.api.v1.financial_files import REPORTS
from portal.api.v1.parameters import REPORT_TYPES

SignIn = Callable[[str], FlaskClient]
API = "/api/v1/financial-reports/export"
JANUARY = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
QUARTER = {"startDate": "2026-01-01", "endDate": "2026-03-31"}
HEADERS = {
    "revenue-department": "hospital_id,code,name,revenue,count,percentage",
    "revenue-doctor": "hospital_id,code,name,specialization,revenue,count,percentage",
    "revenue-payer": "group,payer_class,code,name,revenue,count,percentage",
    "collection-rate": "period,partial,billed,collected,contractual,invoice_count,rate,net_rate",
    "tax-summary": "rate,kinds,taxable_amount,tax,invoice_count",
    "write-offs": "id,kind,reverses_id,hospital_id,invoice_id,patient_id,amount,category,status,reason,notes,requested_by,"
    "created_at,decided_by,decided_at,decision_notes",
    "cash-receipts": "date,method,received,refunded,net,payment_count",
    "roll-forward": "month,as_of_date,partial,opening,billed,collected,refunded,adjusted,written_off,recovered,closing,"
    "receivables_closing,credits_closing",
    "credits": "hospital_id,patient_id,invoice_id,payment_id,kind,amount,since_date,age_days,bucket",
    "kpis": "hospital_id,month,as_of_date,partial,metric,label,value,unit,numerator,denominator,multiplier,window_days,"
    "formula,exclusions",
}  # fmt: skip


def _csv(client: FlaskClient, report: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(API, query_string=query | {"reportType": report})
    assert answer.status_code == 200, answer.json
    assert answer.mimetype == "text/csv" and report in answer.headers["Content-Disposition"]
    text = answer.data.decode("utf-8")
    assert text.split("\r\n", 1)[0] == HEADERS[report]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_report_is_tried_here() -> None:
    assert set(HEADERS) == set(REPORTS) <= set(REPORT_TYPES)


@pytest.mark.parametrize(
    ("report", "rows", "column", "total"),
    [
        ("revenue-department", 3, "revenue", "810.00"),
        ("revenue-doctor", 3, "revenue", "810.00"),
        ("revenue-payer", 1, "revenue", "810.00"),
        ("collection-rate", 1, "collected", "300.00"),
        ("tax-summary", 3, "tax", "5.45"),  # 10.00 less 4.545, each line rounded
        ("cash-receipts", 9, "received", "615.00"),
        ("roll-forward", 1, "closing", "635.00"),
        ("credits", 5, "amount", "255.00"),
        ("kpis", 11, "multiplier", "826"),  # 7 × 100, 2 × 62 days since the first bill, 2 × 1
    ],
)
def test_csv_holds_every_row(client: SignIn, report: str, rows: int, column: str, total: str) -> None:
    found = _csv(client("accountant"), report, **JANUARY)
    assert (len(found), str(sum(Decimal(row[column]) for row in found))) == (rows, total)


def test_the_rows_are_those_of_the_answers(client: SignIn) -> None:
    accountant = client("accountant")
    first = _csv(accountant, "revenue-doctor", **JANUARY)[0]
    assert first == {
        "hospital_id": "H1", "code": "D1", "name": "Dr One", "specialization": "Cardiology", "revenue": "200.00", "count": "2",
        "percentage": "24.69",
    }  # fmt: skip
    assert [row["name"] for row in _csv(accountant, "revenue-doctor", **JANUARY, limit="1")] == [
        "Dr One",
        "Unattributed",
    ]
    payers = _csv(client("accountant_h2"), "revenue-payer", **QUARTER, split="invoice")
    assert [(row["group"], row["code"], row["revenue"], row["percentage"]) for row in payers] == [
        ("Insurance", "AOK", "1000.00", "99.01"), ("Self-Pay", "", "10.00", "0.99"),
    ]  # fmt: skip
    weeks = _csv(accountant, "collection-rate", startDate="2026-01-07", endDate="2026-01-20", groupBy="week")
    assert [(row["period"], row["partial"], row["rate"]) for row in weeks] == [
        ("2026-01-05", "partial", "57.14"), ("2026-01-12", "", "0.00"), ("2026-01-19", "partial", "0.00"),
    ]  # fmt: skip
    rates = {row["metric"]: row for row in _csv(accountant, "kpis", **JANUARY)}
    assert (rates["clean_claim_rate"]["value"], rates["clean_claim_rate"]["numerator"]) == ("50.00", "1")
    assert (rates["days_in_ar"]["value"], rates["days_in_ar"]["numerator"]) == ("44.50", "890.00")


@pytest.mark.parametrize("report", HEADERS)
def test_days_with_nothing_are_a_file_of_its_header(client: SignIn, report: str) -> None:
    days = {"startDate": "2019-01-01", "endDate": "2019-01-31"}
    # Months and departments with nothing are lines with 0.
    zeros = {"collection-rate": 1, "roll-forward": 1, "revenue-department": 2}
    assert len(_csv(client("accountant"), report, **days)) == zeros.get(report, 0)


def test_collected_money_goes_with_what_was_given_back(client: SignIn) -> None:
    answer = client("accountant").get(
        API, query_string=QUARTER | {"reportType": "revenue-department", "basis": "collected"}
    )
    lines = answer.data.decode().split("\r\n")
    assert lines[0] == "hospital_id,code,name,revenue,refunded,count,percentage"
    assert lines[2] == "H1,L,Laboratory,100.00,100.00,1,10.47"


def test_xlsx_keeps_rates_and_amounts_as_numbers(client: SignIn) -> None:
    query = QUARTER | {"reportType": "collection-rate", "format": "xlsx"}
    book = openpyxl.load_workbook(io.BytesIO(client("accountant").get(API, query_string=query).data))
    sheet = book["Data"]
    assert [cell.value for cell in sheet[2]][2:] == [710, 300, 0, 7, 42.25, 42.25]
    assert sheet["G2"].number_format.startswith("#,##0.00") and sheet["G1"].value == "Rate %"
    assert len(sheet._charts) == 1
    about = {row[0].value: row[1].value for row in book["About"].iter_rows() if row[0].value}
    assert (about["Rate"], about["Billed"]) == ("41.79 %", 1255)
    assert about["Collection rate"].startswith("100 × money applied")


@pytest.mark.parametrize(
    ("report", "texts"),
    [
        ("revenue-doctor", ["Revenue billed by doctor", "Dr One", "24.69", "1 more doctors", "100.00"]),
        ("kpis", ["Key figures", "Days in A/R", "92.12", "1,110.50", "Receivables / (net billed"]),
        ("roll-forward", ["Roll-forward of receivables", "855.50", "Opening balance"]),
    ],
)
def test_pdf_prints_figures_and_what_they_mean(client: SignIn, report: str, texts: list[str]) -> None:
    limit = {"limit": "1"} if report == "revenue-doctor" else {}
    days = JANUARY if limit else QUARTER
    query = days | limit | {"reportType": report, "format": "pdf"}
    reader = pypdf.PdfReader(io.BytesIO(client("accountant").get(API, query_string=query).data))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for expected in [*texts, "Hudson Clinic", "build 1"]:
        assert expected in text, expected


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"reportType": "collection-rate", "departmentId": "CARD"}, ["departmentId"]),
        ({"reportType": "tax-summary", "basis": "billed"}, ["basis"]),
        ({"reportType": "revenue-department", "limit": "5"}, ["limit"]),
        ({"reportType": "revenue-doctor", "split": "payer", "groupBy": "day"}, ["groupBy", "split"]),
        ({"reportType": "credits", "asOfDate": "2026-01-01"}, ["asOfDate"]),
        ({"reportType": "kpis", "status": "paid"}, ["status"]),
        ({"reportType": "collection-rate", "groupBy": "year"}, ["groupBy"]),
        ({"reportType": "revenue-doctor", "limit": "0"}, ["limit"]),
        ({"reportType": "cash-receipts", "startDate": "1990-01-01"}, ["endDate"]),
    ],
)
def test_a_filter_that_the_report_does_not_have_is_refused(
    client: SignIn, query: dict[str, str], fields: list[str]
) -> None:
    answer = client("accountant").get(API, query_string=JANUARY | query)
    assert (answer.status_code, sorted(answer.json["error"]["fields"])) == (400, fields)


@pytest.mark.parametrize("report", HEADERS)
def test_several_currencies_want_a_choice_in_files_too(client: SignIn, report: str) -> None:
    answer = client("accountant_both").get(API, query_string=JANUARY | {"reportType": report})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, ["currency"])
    answer = client("accountant").get(API, query_string=JANUARY | {"reportType": report, "hospitalId": "H2"})
    assert answer.status_code == 404
