"""ETags: 304 for what a program holds already, another tag for another build, query, hospital or figure; recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.portal import world

SignIn = Callable[[str], FlaskClient]
DAYS = "startDate=2026-01-01&endDate=2026-01-31"
FINANCIAL = "/api/v1/financial-reports"
REPORTS = [
    f"/api/v1/reports/revenue?{DAYS}",
    "/api/v1/reports/patients?q=P01",
    "/api/v1/reports/patients/P01/history",
    "/api/v1/reports/outstanding",
    "/api/v1/metrics",
    f"{FINANCIAL}/ar-aging",
    *(f"{FINANCIAL}/revenue/{way}?{DAYS}" for way in ("by-department", "by-doctor", "by-payer")),
    *(
        f"{FINANCIAL}/{report}?{DAYS}"
        for report in ("collection-rate", "tax-summary", "cash-receipts", "roll-forward", "credits", "kpis")
    ),
]


def _again(client: FlaskClient, url: str, answer: TestResponse) -> TestResponse:
    return client.get(url, headers={"If-None-Match": answer.headers["ETag"]})


@pytest.mark.parametrize("url", REPORTS)
def test_an_answer_that_is_known_is_not_sent_again_but_recorded(client: SignIn, url: str) -> None:
    accountant = client("accountant")
    first = accountant.get(url)
    assert first.status_code == 200 and first.headers["ETag"].startswith('"b1-')
    assert accountant.get(url).data == first.data
    before = len(world.audit_records())
    again = _again(accountant, url, first)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert again.headers["Cache-Control"] == "no-store" and "Cookie" in again.headers["Vary"]
    (record,) = world.audit_records()[before:]
    assert (record["action"], record["outcome"], record["status_code"]) == ("api_call", "success", 304)


def test_a_tag_is_of_one_query_and_of_one_users_hospitals(client: SignIn) -> None:
    url = f"{FINANCIAL}/collection-rate"
    tags = {
        client(name).get(f"{url}?{query}").headers["ETag"]
        for name, query in (
            ("accountant", DAYS),
            ("accountant", DAYS.replace("-31", "-30")),
            ("accountant", f"{DAYS}&groupBy=week"),
            ("accountant_h2", DAYS),
            ("accountant_both", f"{DAYS}&currency=USD"),
        )
    }
    assert len(tags) == 5


def test_refusals_and_files_have_no_tag_and_a_known_tag_opens_nothing(client: SignIn) -> None:
    known = client("accountant").get(f"{FINANCIAL}/kpis?{DAYS}")
    refused = _again(client("viewer"), f"{FINANCIAL}/kpis?{DAYS}", known)
    assert (refused.status_code, "ETag" in refused.headers) == (403, False)
    wrong = _again(client("accountant"), f"{FINANCIAL}/kpis", known)
    assert (wrong.status_code, "ETag" in wrong.headers) == (400, False)
    with client("accountant").get(f"{FINANCIAL}/export?{DAYS}&reportType=kpis") as file:
        assert "ETag" not in file.headers


def test_a_new_build_and_a_figure_that_changed_are_sent(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "accountant", ("H1",)))
    url = f"{FINANCIAL}/cash-receipts?{DAYS}"
    first = client.get(url)
    assert _again(client, url, first).status_code == 304
    receipt = {"hospital_id": "H1", "currency": "USD", "receipt_date": "2026-01-05", "method": "card", "received": 5}
    world.fill("rpt_cash_receipts", [receipt | {"payment_count": 1, "refunded": 0, "net": 5}])
    changed = _again(client, url, first)
    assert (changed.status_code, changed.json["data"]["totalReceived"]) == (200, "5.00")
    world.publish(2, world.INSTANT + timedelta(hours=4))
    newer = _again(client, url, changed)
    assert (newer.status_code, newer.json["meta"]["buildId"], newer.headers["ETag"][:4]) == (200, 2, '"b2-')


def test_the_description_says_so(client: SignIn) -> None:
    paths = client("accountant").get("/api/v1/openapi.json").json["paths"]
    for url in REPORTS:
        path = url.split("?", 1)[0].replace("P01", "{patient_id}")
        answers = paths.get(path, paths.get(path.replace("_id", "Id"), {})).get("get", {}).get("responses", {})
        assert "304" in answers and "ETag" in answers["200"]["headers"], url
    assert "304" not in paths[f"{FINANCIAL}/export"]["get"]["responses"]
    assert "304" not in paths["/api/v1/reports/etl/run"]["post"]["responses"]
