"""GET /api/v1/exports/{entity}/{format}: the rows of the answers in three formats, for those who may see them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import openpyxl
import pypdf
import pytest
from flask.testing import FlaskClient

from portal.api.v1.exports import ENTITIES
from tests.portal import world

SignIn = Callable[[str], FlaskClient]
API = "/api/v1/exports"
QUARTER = {"startDate": "2026-01-01", "endDate": "2026-03-31"}
WHO = {
    "audit": "provider",
    "compensation": "provider",
    "cases": "provider",
    "transactions": "accountant",
    "write-offs": "accountant",
    "forecast": "provider",
    "tax-prep": "provider",
    "monthly-summary": "provider",
    "workbook": "provider",
}
HEADERS = {
    "audit": "section,finding,provider,case_date,ticket,codes,minutes,billed_date,billed_ticket,billed_codes,expected,"
    "billed,paid,score,file_by,dispute,reason",
    "compensation": "month,hospital_id,provider_id,name,case_count,uncalculated_case_count,statement_count,calculated,"
    "gross_pay,commission,bonus,deductions,net_pay,difference",
    "cases": "hospital_id,provider_id,ticket_number,case_date,reversed,cpt_code,base_units,minutes,minutes_per_unit,"
    "time_units,modifier_units,modifier_factor,unknown_modifiers,total_units,plan_valid_from,conversion_factor,"
    "share_percent,amount,uncalculated_reason,first_posted_date,last_posted_date,billed,paid",
    "transactions": "hospital_id,payment_id,payment_date,invoice_id,patient_id,amount,payment_status,method,payer_id,"
    "refunded_amount,refunded_date,unmatched",
    "forecast": "month,actual,forecast,low_80,high_80,low_95,high_95",
    "tax-prep": "date,gross_pay,commission,bonus",
    "monthly-summary": "hospital_id,provider_id,name,case_count,calculated,gross_pay,commission,bonus,difference",
    "workbook": "date,case_count,calculated,gross_pay,commission,bonus,deductions,net_pay,difference",
    "write-offs": "id,kind,reverses_id,hospital_id,invoice_id,patient_id,amount,category,status,reason,notes,requested_by,"
    "created_at,decided_by,decided_at,decision_notes",
}


def _csv(client: FlaskClient, entity: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(f"{API}/{entity}/csv", query_string=query)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), answer.json
    text = answer.data.decode("utf-8")
    assert text.split("\r\n", 1)[0] == HEADERS[entity]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_entity_is_tried_here() -> None:
    assert {entity.name for entity in ENTITIES} == set(HEADERS) == set(WHO)


def test_compensation_of_a_manager_has_a_row_for_each_provider_and_month(client: SignIn) -> None:
    rows = _csv(client("practice_manager"), "compensation", **QUARTER)
    assert [
        (row["month"], row["provider_id"], row["calculated"], row["gross_pay"], row["difference"]) for row in rows
    ] == [
        ("2026-01-01", "D2", "0.00", "10.00", "10.00"),
        ("2026-02-01", "D2", "109.20", "0.00", "-109.20"),
        ("2026-03-01", "D1", "656.69", "600.00", "-56.69"),
        ("2026-03-01", "D2", "165.62", "0.00", "-165.62"),
    ]


def test_cases_are_of_exactly_these_days_and_reversed_ones_are_marked(client: SignIn) -> None:
    rows = _csv(client("provider"), "cases", startDate="2026-03-12", endDate="2026-03-12")
    assert [(row["ticket_number"], row["reversed"], row["amount"], row["uncalculated_reason"]) for row in rows] == [
        ("T2", "", "116.83", ""), ("T3", "reversed", "", ""), ("T4", "", "", "no_minutes"), ("T5", "", "", "no_base_units"),
    ]  # fmt: skip
    assert (rows[0]["time_units"], rows[0]["modifier_factor"], rows[0]["share_percent"]) == ("4.1", "0.5", "100")
    everything = _csv(client("provider"), "cases", **QUARTER)
    assert sum(Decimal(row["amount"] or 0) for row in everything) == Decimal("656.69")
    assert sum(Decimal(row["billed"] or 0) for row in everything) == Decimal("2200.25")


def test_transactions_are_payments_with_what_was_given_back(client: SignIn) -> None:
    rows = _csv(client("accountant"), "transactions", **QUARTER)
    received = [row for row in rows if row["payment_status"] in ("paid", "refunded")]
    assert (len(rows), sum(Decimal(row["amount"]) for row in received)) == (13, Decimal("955.00"))
    refunded = {
        row["payment_id"]: (row["refunded_amount"], row["refunded_date"]) for row in rows if row["refunded_date"]
    }
    assert refunded == {"Y02": ("100.00", "2026-03-05"), "Y16": ("75.50", "2026-03-01")}
    assert [row["payment_id"] for row in _csv(client("accountant"), "transactions", **QUARTER, status="pending")] == [
        "Y21"
    ]
    assert [row["payment_id"] for row in _csv(client("accountant"), "transactions", **QUARTER, method="card")] == [
        "Y01"
    ]
    insurer = _csv(client("accountant_h2"), "transactions", **QUARTER, payerId="AOK")
    assert [(row["payment_id"], row["amount"]) for row in insurer] == [("Y13", "600.00")]
    assert [row["payment_id"] for row in _csv(client("accountant"), "transactions", **QUARTER, patientId="P04")] == [
        "Y04"
    ]


@pytest.mark.parametrize("entity", sorted(set(HEADERS) - {"workbook"}))  # which has a row for each month
def test_days_with_nothing_are_a_file_of_its_header(client: SignIn, entity: str) -> None:
    days = {"startDate": "2019-01-01", "endDate": "2019-01-31"}
    days = {"forecast": {}, "monthly-summary": {"month": "2019-01"}}.get(entity, days)  # forecast: of no closed month
    assert _csv(client(WHO[entity]), entity, **days) == []


@pytest.mark.parametrize(
    ("entity", "row", "value"), [("compensation", 2, 656.69), ("cases", 3, 175.72), ("transactions", 2, 100)]
)
def test_xlsx_has_amounts_as_numbers(client: SignIn, entity: str, row: int, value: float) -> None:
    answer = client(WHO[entity]).get(f"{API}/{entity}/xlsx", query_string=QUARTER)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data))["Data"]
    cells = [cell.value for cell in sheet[row]]
    assert value in cells, cells


@pytest.mark.parametrize(
    ("entity", "texts"),
    [
        ("compensation", ["Compensation by month", "656.69", "Calculated pay", "Dr One"]),
        ("cases", ["Cases", "T2", "116.83", "no_minutes", "Calculated pay of a case"]),
        ("transactions", ["Payments", "Y04", "150.00", "955.00", "Refunded since"]),
    ],
)
def test_pdf_prints_rows_sums_and_what_they_mean(client: SignIn, entity: str, texts: list[str]) -> None:
    answer = client(WHO[entity]).get(f"{API}/{entity}/pdf", query_string=QUARTER)
    reader = pypdf.PdfReader(io.BytesIO(answer.data))
    found = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for expected in [*texts, "Hudson Clinic", "build 1", "2026-03-31"]:
        assert expected in found, expected


def test_a_file_is_recorded_with_its_rows_and_checksum(client: SignIn) -> None:
    _csv(client("provider"), "cases", **QUARTER)
    details = [record for record in world.audit_records() if record["action"] == "export"][-1]["details"]
    assert (details["file"], details["rows"]) == ("daybook-cases-2026-01-01-2026-03-31-usd-b1.csv", 7)
    assert len(details["sha256"]) == 64


@pytest.mark.parametrize("entity", ["compensation", "cases"])
def test_another_providers_file_does_not_exist(client: SignIn, entity: str) -> None:
    for provider in ("D2", "D3", "nobody"):
        answer = client("provider").get(f"{API}/{entity}/csv", query_string={"providerId": provider})
        assert answer.status_code == 404
    assert {row["provider_id"] for row in _csv(client("provider"), entity, **QUARTER)} == {"D1"}


def test_a_file_wants_the_permission_of_its_rows_beside_that_to_export(client: SignIn) -> None:
    assert client("accountant").get(f"{API}/cases/csv").status_code == 403  # exports, but nobody's pay
    assert client("provider").get(f"{API}/transactions/csv").status_code == 403  # exports, but no patient rows
    assert client("patient_accounts").get(f"{API}/transactions/csv").status_code == 403  # patient rows, but no exports


def test_a_role_with_exports_gets_no_more_rows_than_on_pages(client: SignIn) -> None:
    for page in (
        "/staff/outstanding/export",
        "/staff/reports/revenue/export",
        "/staff/patients/P01/export",
    ):
        assert client("provider").get(page).status_code == 403
    assert client("provider").get("/api/v1/financial-reports/export?reportType=kpis").status_code == 403


@pytest.mark.parametrize("path", ["cases/docx", "cases/CSV", "patients/csv", "cases"])
def test_what_is_no_export_is_not_found(client: SignIn, path: str) -> None:
    assert client("super_admin").get(f"{API}/{path}", query_string=QUARTER | {"currency": "USD"}).status_code == 404


@pytest.mark.parametrize(
    ("entity", "query", "field"),
    [
        ("cases", {"status": "paid"}, "status"),
        ("compensation", {"page": "2"}, "page"),
        ("transactions", {"status": "lost"}, "status"),
        ("transactions", {"providerId": "D1"}, "providerId"),
        ("transactions", {"startDate": "1.1.2026"}, "startDate"),
    ],
)
def test_a_wrong_parameter_is_named(client: SignIn, entity: str, query: dict[str, str], field: str) -> None:
    answer = client(WHO[entity]).get(f"{API}/{entity}/csv", query_string=query)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, [field])
