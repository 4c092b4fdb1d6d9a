"""POST /billing-audit/case-logs and GET /billing-audit/runs, and the audit as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.services import tokens
from tests.portal.billing_audit.logs import LOG, import_log, key_of, post
from tests.portal.billing_audit.test_case_decisions import billed_key

SignIn = Callable[[str], FlaskClient]
Rows = Callable[[str], list[tuple[Any, ...]]]
API = "/api/v1/billing-audit"
ROWS = [
    {"caseDate": "2026-03-12", "patientTicket": "T4", "cptCodes": ["D0010"], "minutes": 30},
    {"caseDate": "2026-03-13", "patientTicket": "T77", "cptCodes": "D0020"},
    {"caseDate": "2026-03-13"},
]


def fetched(browser: FlaskClient, address: str) -> bytes:
    """Read a file to its end and close it: until then its transaction stays open."""
    with browser.get(address) as answer:
        assert answer.status_code == 200
        return answer.data


@pytest.fixture
def send(app: Flask, client: SignIn) -> Callable[..., Any]:
    """Send a request with a token of a user."""

    def ask(name: str, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
        with app.app_context():
            token = tokens.create(f"{name}@clinic.org", 1, datetime.now(UTC), by="test")
        bearer = {"Authorization": f"Bearer {token}", **(headers or {})}
        return app.test_client().open(f"{API}{path}", method=method, headers=bearer, **more)

    return ask


def test_rows_are_accepted_or_rejected_by_number(send: Callable[..., Any]):
    answer = send(
        "provider", "POST", "/case-logs", json={"rows": ROWS, "coveredFrom": "2026-03-12", "coveredTo": "2026-03-31"}
    )
    data = answer.json["data"]
    assert answer.status_code == 201
    assert (data["accepted"], data["rejected"][0]["line"]) == (2, 3)
    assert data["rejected"][0]["reason"].startswith("It has neither a ticket nor a code")
    assert (data["logged"], data["matched"], data["missing"], data["unexpected"]) == (2, 1, 1, 3)
    assert (data["missingIncome"], data["billed"], data["currency"], data["providerId"]) == (
        "40.00",
        "1320.00",
        "USD",
        "D1",
    )


def test_a_file_is_taken_with_the_columns_of_its_headings(send: Callable[..., Any]):
    fields = {"file": (io.BytesIO(LOG.encode()), "march.csv")}
    data = send("provider", "POST", "/case-logs", data=fields, content_type="multipart/form-data").json["data"]
    assert (data["accepted"], [one["line"] for one in data["rejected"]]) == (6, [8, 9, 10])
    assert (data["fileName"], data["coveredFrom"], data["coveredTo"]) == ("march.csv", "2026-03-10", "2026-03-13")


def test_dates_that_could_be_either_are_never_guessed_for_a_program(send: Callable[..., Any]):
    def fields(**more: str) -> dict[str, Any]:
        return {"file": (io.BytesIO(b"Date,Ticket\n03/02/2026,T4\n"), "log.csv"), **more}

    refused = send("provider", "POST", "/case-logs", data=fields(), content_type="multipart/form-data")
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (400, ["dateOrder"])
    taken = send("provider", "POST", "/case-logs", data=fields(dateOrder="dmy"), content_type="multipart/form-data")
    assert taken.json["data"]["coveredFrom"] == "2026-02-03"


@pytest.mark.parametrize(
    ("who", "body", "status", "field"),
    [
        ("manager", {"rows": ROWS}, 400, "providerId"),
        ("provider", {"rows": ROWS, "providerId": "D2"}, 404, None),
        ("provider", {"rows": []}, 400, "rows"),
        ("provider", {"rows": [{"caseDate": "nonsense"}]}, 400, "rows"),
        ("provider", {"rows": ROWS, "coveredFrom": "2026-03-13", "coveredTo": "2026-03-31"}, 400, "coveredFrom"),
        ("provider", {"rows": ROWS, "coveredFrom": "2026-03-13", "coveredTo": "2026-03-01"}, 400, "coveredTo"),
        ("provider", {"rows": [{"caseDay": "2026-03-13"}]}, 400, "rows"),
        ("viewer", {"rows": ROWS}, 403, None),
    ],
)
def test_what_cannot_be_taken_is_named(
    send: Callable[..., Any], owner_rows: Rows, who: str, body: Any, status: int, field: str | None
):
    answer = send(who, "POST", "/case-logs", json=body)
    assert answer.status_code == status, answer.json
    assert list(answer.json["error"]["fields"]) == ([field] if field else [])
    assert owner_rows("select count(*) from portal.case_log_uploads") == [(0,)]


def test_the_same_request_is_done_once(send: Callable[..., Any], owner_rows: Rows):
    key = {"Idempotency-Key": "march"}
    first = send("provider", "POST", "/case-logs", headers=key, json={"rows": ROWS})
    again = send("provider", "POST", "/case-logs", headers=key, json={"rows": ROWS})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["data"] == again.json["data"]
    assert owner_rows("select count(*) from portal.case_log_uploads") == [(1,)]
    assert send("provider", "POST", "/case-logs", headers=key, json={"rows": ROWS[:1]}).status_code == 409
    assert send("provider", "POST", "/case-logs", json={"rows": ROWS}).status_code == 409  # the very same log


def test_runs_are_uploads_with_counts_and_money(client: SignIn, send: Callable[..., Any]):
    import_log(client("provider"))
    send("manager", "POST", "/case-logs", json={"providerId": "D2", "rows": [ROWS[0]]})
    answer = send("manager", "GET", "/runs").json
    assert answer["pagination"] == {"page": 1, "limit": 50, "total": 2, "totalPages": 1}
    assert [(run["providerId"], run["logged"], run["matched"]) for run in answer["data"]] == [
        ("D2", 1, 0),
        ("D1", 6, 4),
    ]
    march = answer["data"][1]
    assert (march["missing"], march["missingIncome"], march["unexpected"], march["unexpectedBilled"]) == (
        2,
        "80.00",
        1,
        "300.00",
    )
    assert (march["discrepancies"], march["billed"], march["paid"], march["rowsRejected"]) == (1, "1900.25", "40.00", 3)
    assert [run["providerId"] for run in send("manager", "GET", "/runs?providerId=D1").json["data"]] == ["D1"]
    assert send("provider", "GET", "/runs?providerId=D2").status_code == 404
    assert send("other", "GET", "/runs").json["pagination"]["total"] == 1
    assert send("abroad", "GET", "/runs").json["data"] == []


def test_the_csv_has_every_finding_with_its_section_and_score(client: SignIn):
    browser = client("provider")
    import_log(browser)
    text = fetched(browser, "/audit/export?format=csv").decode()
    found = [(one["section"], one["finding"], one["ticket"], one["score"]) for one in csv.DictReader(io.StringIO(text))]
    assert found == [
        ("expected_cases", "missing", "T3", ""), ("expected_cases", "missing", "T77", ""),
        ("expected_cases", "billed", "t-1", "1.00"), ("expected_cases", "billed", "T2", "1.00"),
        ("expected_cases", "billed", "T4", "1.00"), ("expected_cases", "billed", "T5", "0.98"),
        ("billed_cases", "not logged", "T7", ""), ("discrepancies", "different", "T5", "0.98"),
    ]  # fmt: skip


def test_the_workbook_and_the_pdf_have_the_three_sections(client: SignIn):
    browser = client("provider")
    import_log(browser)
    book = openpyxl.load_workbook(io.BytesIO(fetched(browser, "/audit/export?format=xlsx")))
    assert book.sheetnames == ["Expected cases", "Billed cases", "Discrepancies", "About"]
    assert [sheet.max_row - 1 for sheet in book.worksheets[:3]] == [6, 1, 1]
    assert book["Billed cases"]["F2"].value == 300
    reader = pypdf.PdfReader(io.BytesIO(fetched(browser, "/audit/export?format=pdf")))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for words in (
        "Expected cases",
        "Billed cases",
        "Discrepancies",
        "it was billed and taken back",
        "build 1",
        "2026-03-31",
    ):
        assert words in text, words
    assert "10 minutes logged, 5 billed" in text


def test_a_confirmed_match_stands_in_the_file_as_such(client: SignIn):
    browser = client("provider")
    import_log(browser)
    post(browser, f"/audit/cases/{key_of(browser, 'T77')}/confirm", billed=billed_key(browser, "T7"))
    text = fetched(browser, "/api/v1/exports/audit/csv").decode()
    (row,) = [one for one in csv.DictReader(io.StringIO(text)) if one["ticket"] == "T77"]
    assert (row["finding"], row["billed_ticket"], row["score"]) == ("billed", "T7", "1.00")
    assert row["reason"].startswith("confirmed by a person")
