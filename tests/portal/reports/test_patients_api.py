"""Patient search and payment history: by id, invoice, name, birth date, phone; never another hospital's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.services import tokens
from portal.services.tokens import Scope
from tests.portal import world

SignIn = Callable[[str], FlaskClient]
SEARCH = "/api/v1/reports/patients"
HISTORY = "/api/v1/reports/patients/P01/history"


def _found(client: FlaskClient, text: str) -> list[str]:
    answer = client.get(SEARCH, query_string={"q": text})
    assert answer.status_code == 200, answer.json
    return [row["patientId"] for row in answer.json["data"]]


def test_a_patient_is_told_apart_by_year_visit_payment_and_balance(client: SignIn) -> None:
    body = client("patient_accounts").get(SEARCH, query_string={"q": "P01"}).json
    assert body["data"] == [
        {"patientId": "P01", "hospitalId": "H1", "birthYear": 1950, "lastVisit": None, "lastPayment": "2026-01-20",
         "openBalance": "60.00"}
    ]  # fmt: skip
    assert body["meta"]["more"] is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P10", ["P10"]),
        ("I10", ["P10"]),  # an invoice number
        ("mar", ["P01", "P20"]),
        ("Maria Lopez", ["P01"]),  # the accent is not typed
        ("L\u00d3PEZ", ["P01"]),
        ("1950-02-03", ["P01"]),
        ("maria 1999-05-06", ["P20"]),
        ("(555) 010-2030", ["P01"]),
        ("0102030", ["P01"]),
        ("Maria Nobody", []),
        ("1950-02-31", []),
        ("%", []),
        ("'; drop table patients --", []),
    ],
)
def test_search(client: SignIn, text: str, expected: list[str]) -> None:
    assert sorted(_found(client("patient_accounts"), text)) == expected


def test_a_search_in_the_body_finds_the_same_and_leaves_no_word(client: SignIn) -> None:
    accounts = client("patient_accounts")
    headers = {"X-CSRFToken": world.csrf_token(accounts.get("/account").text)}
    for text in ("P10", "Maria Lopez", "1950-02-03", "(555) 010-2030", "Maria Nobody"):
        posted = accounts.post(f"{SEARCH}/search?hospitalId=H1", json={"q": text}, headers=headers)
        got = accounts.get(SEARCH, query_string={"q": text, "hospitalId": "H1"})
        assert (posted.status_code, posted.json["data"]) == (200, got.json["data"]), text
        assert posted.json["meta"]["filters"] == {}
    record = [one for one in world.audit_records() if one["resource_type"] == "api_v1.patients.search_unseen"][-1]
    assert not [word for word in ("Maria", "Nobody", "Lopez", "1950") if word in str(record)]
    assert accounts.post(f"{SEARCH}/search", json={}, headers=headers).json["error"]["fields"] == {"q": "is required"}
    assert accounts.post(f"{SEARCH}/search", json={"q": "P10", "p": 1}, headers=headers).status_code == 400


def test_a_token_that_only_reads_may_search_in_the_body(reports_app: Flask, client: SignIn) -> None:
    client("patient_accounts")
    with reports_app.app_context():
        token = tokens.create("patient_accounts@clinic.org", 1, datetime.now(UTC), by="test", scope=Scope(writes=False))
    bearer = {"Authorization": f"Bearer {token}"}
    answer = reports_app.test_client().post(f"{SEARCH}/search", json={"q": "P10"}, headers=bearer)
    assert (answer.status_code, [row["patientId"] for row in answer.json["data"]]) == (200, ["P10"])


def test_search_stays_within_the_hospitals_of_the_user(client: SignIn) -> None:
    assert _found(client("accountant_h2"), "maria") == ["P01"]
    answer = client("accountant_h2").get(SEARCH, query_string={"q": "maria"}).json
    assert [row["hospitalId"] for row in answer["data"]] == ["H2"]


def test_what_was_typed_is_neither_repeated_nor_recorded(client: SignIn) -> None:
    answer = client("patient_accounts").get(SEARCH, query_string={"q": "Zyxwvut"})
    assert "Zyxwvut" not in answer.text
    client("patient_accounts").get("/staff/patients")
    assert "Zyxwvut" not in str(world.audit_records())


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "x" * 201}, {"q": "a\x00b"}])
def test_a_bad_search_is_refused(client: SignIn, query: dict[str, str]) -> None:
    answer = client("patient_accounts").get(SEARCH, query_string=query)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, ["q"])


def test_history_is_complete_and_oldest_first(client: SignIn) -> None:
    body = client("patient_accounts").get(HISTORY).json
    names = ("paymentId", "paymentDate", "amount", "paymentStatus", "method", "invoiceId")
    assert body["data"] == [
        dict(zip(names, values, strict=True))
        for values in (
            ("Y01", "2026-01-20", "40.00", "paid", "card", "I01"),
            ("Y21", "2026-01-21", "11.00", "pending", None, "I01"),
            ("Y22", "2026-01-22", "12.00", "failed", None, "I01"),
        )
    ]
    assert body["pagination"]["total"] == 3
    assert body["meta"]["received"] == "40.00"
    assert body["meta"]["historyFrom"] == "2025-03-31"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "pending"}, ["Y21"]),
        ({"startDate": "2026-01-21"}, ["Y21", "Y22"]),
        ({"endDate": "2026-01-20"}, ["Y01"]),
        ({"startDate": "2026-01-21", "endDate": "2026-01-21"}, ["Y21"]),
        ({"page": 2, "limit": 2}, ["Y22"]),
        ({"startDate": "2026-03-01"}, []),
    ],
)
def test_history_filters_and_pages(client: SignIn, query: dict[str, str | int], expected: list[str]) -> None:
    rows = client("patient_accounts").get(HISTORY, query_string=query).json["data"]
    assert [row["paymentId"] for row in rows] == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "late"}, "status"),
        ({"startDate": "2026-02-01", "endDate": "2026-01-01"}, "endDate"),
        ({"page": "0"}, "page"),
        ({"limit": "501"}, "limit"),
        ({"currency": "EUR"}, "currency"),
    ],
)
def test_a_bad_parameter_of_the_history_is_named(client: SignIn, query: dict[str, str], field: str) -> None:
    answer = client("patient_accounts").get(HISTORY, query_string=query)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, [field])


@pytest.mark.parametrize("patient", ["P99", "P12"])  # nobody's, and hospital H2's
def test_an_unknown_or_foreign_patient_does_not_exist(client: SignIn, patient: str) -> None:
    accounts = client("patient_accounts")
    assert accounts.get(f"/api/v1/reports/patients/{patient}/history").status_code == 404
    assert accounts.get(f"/staff/patients/{patient}").status_code == 404


def test_one_id_in_two_hospitals_is_two_people(client: SignIn) -> None:
    both = client("accountant_both")
    refused = both.get(HISTORY)
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (400, ["hospitalId"])
    assert both.get(HISTORY, query_string={"hospitalId": "H1"}).json["pagination"]["total"] == 3
    page = both.get("/staff/patients/P01")
    assert page.status_code == 200
    assert "Hudson Clinic" in page.text and "Spree Klinik" in page.text and "Y01" not in page.text


@pytest.mark.parametrize("url", [SEARCH + "?q=P01", HISTORY])
def test_a_viewer_sees_no_patient_rows(client: SignIn, url: str) -> None:
    assert client("viewer").get(url).status_code == 403
