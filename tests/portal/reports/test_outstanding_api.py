"""GET /api/v1/reports/outstanding: the open invoices of the hand-checked world, filters, order, pages, refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

SignIn = Callable[[str], FlaskClient]
URL = "/api/v1/reports/outstanding"


def _ids(client: FlaskClient, **query: str | int) -> list[str]:
    answer = client.get(URL, query_string=query)
    assert answer.status_code == 200, answer.json
    return [row["invoiceId"] for row in answer.json["data"]]


def test_every_open_invoice_with_its_age(client: SignIn) -> None:
    body = client("patient_accounts").get(URL).json
    assert [(row["invoiceId"], row["amountDue"], row["daysOverdue"], row["paymentStatus"]) for row in body["data"]] == [
        ("I10", "340.00", 91, "collection"),
        ("I11", "100.00", 90, "overdue"),
        ("I01", "60.00", 50, "overdue"),
        ("I17", "70.00", 34, "overdue"),
        ("I02", "100.00", 31, "overdue"),
        ("I06", "120.00", 30, "overdue"),
        ("I09", "200.00", 1, "overdue"),
        ("I16", "75.50", 0, "not_due"),
        ("I18", "45.00", 0, "not_due"),
    ]
    assert body["data"][2] == {
        "invoiceId": "I01", "instalmentNo": 1, "hospitalId": "H1", "patientId": "P01", "invoiceDate": "2026-01-10",
        "dueDate": "2026-02-09", "amountDue": "60.00", "daysOverdue": 50, "lastPaymentDate": "2026-01-20",
        "paymentStatus": "overdue", "payerClass": "patient", "worstDaysOverdue": 50,
    } | dict.fromkeys(("nextContactOn", "nextContactWith", "promisedFor", "promisedAmount", "promiseState"))  # fmt: skip
    assert body["pagination"] == {"page": 1, "limit": 50, "total": 9, "totalPages": 1}
    assert (body["meta"]["totalOutstanding"], body["meta"]["asOfDate"]) == ("1110.50", "2026-03-31")


def test_a_past_day_shows_what_was_open_then(client: SignIn) -> None:
    body = client("accountant").get(URL, query_string={"asOfDate": "2026-01-31", "sort": "invoiceId"}).json
    assert {row["invoiceId"]: (row["amountDue"], row["daysOverdue"]) for row in body["data"]} == {
        "I01": ("60.00", 0), "I06": ("120.00", 0), "I08": ("100.00", 0), "I10": ("340.00", 32),
        "I11": ("100.00", 31), "I12": ("100.00", 0), "I17": ("70.00", 0),
    }  # fmt: skip
    assert body["meta"]["totalOutstanding"] == "890.00"


def test_a_payment_after_the_day_is_not_the_last_one_then(client: SignIn) -> None:
    rows = client("accountant").get(URL, query_string={"asOfDate": "2026-01-19"}).json["data"]
    assert {row["invoiceId"]: row["lastPaymentDate"] for row in rows if row["invoiceId"] == "I01"} == {"I01": None}


def test_who_owed_on_a_past_day(client: SignIn) -> None:
    both = client("accountant_h2")
    assert [row["payerClass"] for row in both.get(URL, query_string={"asOfDate": "2026-02-19", "maxDays": 30}).json["data"]
            if row["invoiceId"] == "I13"] == ["insurance"]  # fmt: skip
    assert [row["payerClass"] for row in both.get(URL).json["data"] if row["invoiceId"] == "I13"] == ["patient"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"minAmount": "200", "sort": "amountDue"}, ["I09", "I10"]),
        ({"maxAmount": "60.00", "sort": "-amountDue"}, ["I01", "I18"]),
        ({"minDays": 90}, ["I10", "I11"]),
        ({"minDays": 31, "maxDays": 34}, ["I17", "I02"]),
        ({"status": "not_due"}, ["I16", "I18"]),
        ({"status": "written_off"}, []),
        ({"payerClass": "insurance"}, []),
        ({"bucket": "31-60"}, ["I01", "I17", "I02"]),
        ({"patientId": "P10", "sort": "invoiceId"}, ["I10", "I11"]),
        ({"page": 2, "limit": 4}, ["I02", "I06", "I09", "I16"]),
    ],
)
def test_filters_order_and_pages(client: SignIn, query: dict[str, str | int], expected: list[str]) -> None:
    assert _ids(client("accountant"), **query) == expected
    # The same filters on the same day of the past-balances path give the same rows.
    assert _ids(client("accountant"), asOfDate="2026-03-31", **query) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"asOfDate": "2026-04-01"}, "asOfDate"),
        ({"asOfDate": "yesterday"}, "asOfDate"),
        ({"minAmount": "-1"}, "minAmount"),
        ({"minAmount": "1,5"}, "minAmount"),
        ({"minAmount": "10", "maxAmount": "9"}, "maxAmount"),
        ({"minDays": "31", "maxDays": "30"}, "maxDays"),
        ({"minDays": "-1"}, "minDays"),
        ({"status": "late"}, "status"),
        ({"payerClass": "employer"}, "payerClass"),
        ({"sort": "patientName"}, "sort"),
        ({"page": "0"}, "page"),
        ({"limit": "501"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"currency": "EUR"}, "currency"),
    ],
)
def test_a_bad_parameter_is_named(client: SignIn, query: dict[str, str], field: str) -> None:
    answer = client("accountant").get(URL, query_string=query)
    assert answer.status_code == 400
    assert list(answer.json["error"]["fields"]) == [field]


def test_patient_rows_need_their_permission(client: SignIn) -> None:
    assert client("viewer").get(URL).status_code == 403
