"""GET /api/v1/financial-reports/ar-aging: buckets, credits, as known then, by oldest debt, refusals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

SignIn = Callable[[str], FlaskClient]
URL = "/api/v1/financial-reports/ar-aging"


def _data(client: FlaskClient, **query: str) -> dict[str, Any]:
    answer = client.get(URL, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json["data"]


def _buckets(data: dict[str, Any]) -> dict[str, tuple[str, int]]:
    return {item["bucket"]: (item["amount"], item["invoiceCount"]) for item in data["buckets"]}


def test_buckets_credits_and_net_of_the_business_date(client: SignIn) -> None:
    body = client("accountant").get(URL).json
    data = body["data"]
    assert (data["asOfDate"], data["knownAt"]) == ("2026-03-31", None)
    assert [item["bucket"] for item in data["buckets"]] == ["not_due", "1-30", "31-60", "61-90", "91+"]
    assert _buckets(data) == {
        "not_due": ("120.50", 2), "1-30": ("320.00", 2), "31-60": ("230.00", 3), "61-90": ("100.00", 1), "91+": ("340.00", 1),
    }  # fmt: skip
    assert (data["current"], data["totalOutstanding"], data["invoiceCount"]) == ("440.50", "1110.50", 9)
    # I04 overpaid 50, Y05 and Y06 without an invoice 150, I07 cancelled after 30, draft I15 paid 25: all of January.
    assert (data["credits"], data["net"]) == ("255.00", "855.50")
    assert [(item["bucket"], item["amount"], item["count"]) for item in data["creditBuckets"]] == [
        ("0-30", "0.00", 0), ("31-60", "0.00", 0), ("61-90", "255.00", 5), ("91+", "0.00", 0),
    ]  # fmt: skip
    assert data["details"][0] == {
        "invoiceId": "I10", "instalmentNo": 1, "hospitalId": "H1", "patientId": "P10", "invoiceDate": "2025-12-01",
        "dueDate": "2025-12-30", "daysOverdue": 91, "amountDue": "340.00", "bucket": "91+",
    }  # fmt: skip
    assert body["pagination"]["total"] == 9


@pytest.mark.parametrize("day", ["2025-12-31", "2026-01-07", "2026-01-31", "2026-02-14", "2026-03-04", "2026-03-31"])
@pytest.mark.parametrize("allocation", ["linked", "oldest"])
def test_details_add_up_to_the_buckets_and_both_allocations_to_the_same_net(
    client: SignIn, day: str, allocation: str
) -> None:
    accountant = client("accountant")
    data = _data(accountant, asOfDate=day, allocation=allocation, limit="500")
    for bucket, (amount, count) in _buckets(data).items():
        rows = [row for row in data["details"] if row["bucket"] == bucket]
        assert (sum(Decimal(row["amountDue"]) for row in rows), len(rows)) == (Decimal(amount), count)
    assert Decimal(data["totalOutstanding"]) - Decimal(data["credits"]) == Decimal(data["net"])
    assert sum(Decimal(item["amount"]) for item in data["creditBuckets"]) == Decimal(data["credits"])
    assert data["net"] == _data(accountant, asOfDate=day)["net"]


def test_known_at_leaves_out_what_was_learned_later(client: SignIn) -> None:
    accountant = client("accountant")
    now = _data(accountant, asOfDate="2026-01-31")
    then = _data(accountant, asOfDate="2026-01-31", knownAt="2026-01-31")
    assert then["knownAt"] == "2026-01-31"
    amounts = {row["invoiceId"]: row["amountDue"] for row in now["details"]}
    amounts_then = {row["invoiceId"]: row["amountDue"] for row in then["details"]}
    assert (amounts["I06"], amounts_then["I06"]) == ("120.00", "100.00")  # corrected on 5 March
    assert ("I07" in amounts, amounts_then["I07"]) == (False, "70.00")  # cancelled later, 30 of 100 were paid
    assert ("I17" in amounts, "I17" in amounts_then) == (
        True,
        False,
    )  # it arrived on 31 March; its payment was a credit
    # The invoice of 45 was dated 10 January until its date was corrected to 3 February.
    assert ("I18" in amounts, amounts_then["I18"]) == (False, "45.00")


def test_knowing_everything_is_the_same_as_not_asking(client: SignIn) -> None:
    accountant = client("accountant")
    asked, plain = _data(accountant, knownAt="2026-03-31"), _data(accountant)
    assert asked | {"knownAt": None} == plain


def test_a_credit_before_its_invoice_is_applied_when_the_invoice_comes(client: SignIn) -> None:
    accountant = client("accountant")
    before = _data(accountant, asOfDate="2026-01-09")
    after = _data(accountant, asOfDate="2026-01-10")
    assert (before["credits"], before["creditBuckets"][0]["count"]) == ("100.00", 1)
    assert after["credits"] == "0.00"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"asOfDate": "2026-04-01"}, "asOfDate"),
        ({"knownAt": "2026-04-01"}, "knownAt"),
        ({"asOfDate": "2026-13-01"}, "asOfDate"),
        ({"allocation": "newest"}, "allocation"),
        ({"page": "0"}, "page"),
        ({"limit": "501"}, "limit"),
        ({"currency": "JPY"}, "currency"),
    ],
)
def test_a_bad_parameter_is_named(client: SignIn, query: dict[str, str], field: str) -> None:
    answer = client("accountant").get(URL, query_string=query)
    assert answer.status_code == 400
    assert list(answer.json["error"]["fields"]) == [field]


@pytest.mark.parametrize("name", ["viewer", "patient_accounts"])
def test_financial_reports_need_their_permission(client: SignIn, name: str) -> None:
    assert client(name).get(URL).status_code == 403
    export = client(name).get("/api/v1/financial-reports/export", query_string={"reportType": "revenue"})
    assert export.status_code == 403
