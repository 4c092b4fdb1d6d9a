"""GET /api/v1/workload and /compensation: figures of the hand-checked world, and nobody else's cases or pay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

SignIn = Callable[[str], FlaskClient]
Marts = Callable[[str], Connection]
API = "/api/v1"
QUARTER = {"startDate": "2026-01-01", "endDate": "2026-03-31"}
BOTH = ["workload", "compensation"]


def _body(client: FlaskClient, what: str, **query: str) -> dict[str, Any]:
    answer = client.get(f"{API}/{what}", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_a_providers_workload(client: SignIn) -> None:
    body = _body(client("provider"), "workload")
    # Dr One in March: 45, 62, 62 and 5 and 7 minutes; T4 has none, T3 was taken back.
    assert body["data"]["total"] == {
        "caseCount": 6, "reversedCaseCount": 1, "timedCaseCount": 5, "minutes": "181", "averageMinutes": "36.20",
        "casesPerHour": "1.66", "units": "8", "billed": "2200.25", "paid": "40.00",
    }  # fmt: skip
    month = body["data"]["months"][0]
    assert (month["month"], month["partial"], month["caseCount"]) == ("2026-03-01", False, 6)
    assert [(item["cptCode"], item["caseCount"], item["percentage"], item["billed"]) for item in month["caseMix"]] == [
        ("D0010", 3, "50.00", "1500.00"), ("D0020", 3, "50.00", "600.00"), ("D0099", 2, "33.33", "100.25"),
    ]  # fmt: skip
    assert [item["providerId"] for item in body["data"]["providers"]] == ["D1"]
    assert (body["meta"]["startDate"], body["meta"]["endDate"], body["meta"]["currency"]) == (
        "2026-03-01", "2026-03-31", "USD",
    )  # fmt: skip


def test_months_without_work_are_there_with_0(client: SignIn) -> None:
    data = _body(client("provider"), "workload", startDate="2026-01-15", endDate="2026-03-02")["data"]
    assert [(month["month"], month["caseCount"], month["averageMinutes"]) for month in data["months"]] == [
        ("2026-01-01", 0, "0.00"), ("2026-02-01", 0, "0.00"), ("2026-03-01", 6, "36.20"),
    ]  # fmt: skip
    assert data["months"][0]["caseMix"] == []


def test_statements_beside_what_was_calculated(client: SignIn) -> None:
    body = _body(client("provider"), "compensation")
    assert body["data"]["total"] == {
        "caseCount": 6, "uncalculatedCaseCount": 2, "calculated": "656.69", "statementCount": 1, "importedStatementCount": 0,
        "statement": {"grossPay": "600.00", "commission": "0.00", "bonus": "50.00", "deductions": "25.50", "netPay": "574.50"},
        "difference": "-56.69",
    }  # fmt: skip
    assert body["pagination"] == {"page": 1, "limit": 50, "total": 6, "totalPages": 1}
    assert sum(float(case["amount"] or 0) for case in body["data"]["cases"]) == pytest.approx(656.69)


def test_a_case_shows_everything_its_pay_is_made_of(client: SignIn) -> None:
    cases = {case["ticketNumber"]: case for case in _body(client("provider"), "compensation")["data"]["cases"]}
    assert cases["T2"] == {
        "hospitalId": "H1", "providerId": "D1", "providerName": "Dr One", "ticketNumber": "T2", "caseDate": "2026-03-12",
        "cptCode": "D0020", "baseUnits": "7", "minutes": "62", "minutesPerUnit": "15", "timeUnits": "4.1", "modifierUnits": "1",
        "modifierFactor": "0.5", "unknownModifierCount": 0, "totalUnits": "12.1", "planValidFrom": "2026-03-10",
        "conversionFactor": "19.31", "sharePercent": "100", "amount": "116.83", "uncalculatedReason": None,
        "billed": "500.00", "paid": None,
    }  # fmt: skip
    assert [(cases[name]["amount"], cases[name]["uncalculatedReason"]) for name in ("T4", "T5")] == [
        (None, "no_minutes"), (None, "no_base_units"),
    ]  # fmt: skip
    assert "T3" not in cases and "T8" not in cases  # taken back; tomorrow's


def test_cases_come_page_by_page(client: SignIn) -> None:
    manager = client("practice_manager")
    whole = _body(manager, "compensation", **QUARTER)
    pages = [_body(manager, "compensation", **QUARTER, page=str(page), limit="3") for page in (1, 2, 3)]
    assert [page["pagination"]["totalPages"] for page in pages] == [3, 3, 3]
    assert [case for page in pages for case in page["data"]["cases"]] == whole["data"]["cases"]
    assert len(whole["data"]["cases"]) == 8
    assert whole["data"]["total"]["calculated"] == "931.51"  # 656.69 + 109.20 + 165.62


def test_a_manager_sees_the_listed_providers_and_may_choose_one(client: SignIn) -> None:
    manager = client("practice_manager")
    assert [who["providerId"] for who in _body(manager, "workload", **QUARTER)["data"]["providers"]] == ["D1", "D2"]
    two = _body(manager, "compensation", **QUARTER, providerId="D2")["data"]
    assert [(month["month"], month["caseCount"], month["difference"], month["statementCount"]) for month in two["months"]] == [
        ("2026-01-01", 0, "10.00", 1), ("2026-02-01", 1, "-109.20", 0), ("2026-03-01", 1, "-165.62", 0),
    ]  # fmt: skip
    assert two["months"][1]["statement"] is None
    assert {case["providerId"] for case in two["cases"]} == {"D2"}


def test_a_super_admin_sees_everyone(client: SignIn) -> None:
    everyone = _body(client("super_admin"), "compensation", **QUARTER, currency="USD")["data"]
    assert [who["providerId"] for who in everyone["providers"]] == ["D3", "D1", "D2"]  # by name: D3 has none but its id
    assert everyone["total"]["caseCount"] == 9


@pytest.mark.parametrize("what", BOTH)
@pytest.mark.parametrize("provider", ["D2", "D3", "D9", "d1", "D1' or true --", "%"])
def test_another_provider_does_not_exist(client: SignIn, what: str, provider: str) -> None:
    answer = client("provider").get(f"{API}/{what}", query_string={"providerId": provider})
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    assert provider not in answer.text


@pytest.mark.parametrize("what", BOTH)
def test_a_link_holds_at_its_hospital_only(client: SignIn, what: str) -> None:
    elsewhere = client("provider_h2")  # D1 at H2, where there is none
    data = _body(elsewhere, what, **QUARTER)["data"]
    assert (data["total"]["caseCount"], data["providers"]) == (0, [])
    assert elsewhere.get(f"{API}/{what}", query_string={"providerId": "D1"}).status_code == 404
    assert elsewhere.get(f"{API}/{what}", query_string={"hospitalId": "H1"}).status_code == 404


@pytest.mark.parametrize("what", BOTH)
def test_others_may_not(client: SignIn, what: str) -> None:
    for name in ("viewer", "accountant"):
        assert client(name).get(f"{API}/{what}").status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"startDate": "2026-02-02", "endDate": "2026-02-01"}, "endDate"),
        ({"endDate": "tomorrow"}, "endDate"),
        ({"granularity": "day"}, "granularity"),
        ({"currency": "EUR"}, "currency"),
    ],
)
@pytest.mark.parametrize("what", BOTH)
def test_a_wrong_parameter_is_named(client: SignIn, what: str, query: dict[str, str], field: str) -> None:
    answer = client("provider").get(f"{API}/{what}", query_string=query)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, [field])


def test_months_add_up_to_the_warehouse(client: SignIn, marts: Marts) -> None:
    query = "select sum(case_count), sum(calculated), sum(gross_pay) from rpt_compensation_monthly"
    cases, calculated, gross = marts("H1").execute(text(query)).one()
    data = _body(client("super_admin"), "compensation", **QUARTER, currency="USD")["data"]
    assert (data["total"]["caseCount"], data["total"]["calculated"]) == (cases, f"{calculated:.2f}")
    assert data["total"]["statement"]["grossPay"] == f"{gross:.2f}"
