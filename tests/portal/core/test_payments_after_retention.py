"""Payments stay in the file of transactions for ever, the ids of their patients as long as the histories do."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

from flask import Flask

from tests.portal import world
from warehouse.engine import connect

DAYS = {"startDate": "2025-01-01", "endDate": "2026-12-31"}


def test_old_payments_are_listed_without_their_patient(app: Flask) -> None:
    usual = {"hospital_id": "H1", "patient_id": "P1", "amount": Decimal(10), "payment_status": "paid", "currency": "USD",
             "refunded_amount": Decimal(0), "is_unmatched": False}  # fmt: skip
    days = {"Y1": date(2025, 3, 9), "Y2": date(2025, 3, 10), "Y3": date(2026, 3, 1)}
    world.fill("fct_payments", [usual | {"payment_id": name, "payment_date": day} for name, day in days.items()])
    with connect("owner") as connection:
        connection.execute("update marts_b1.dim_hospitals set history_from = '2025-03-10' where hospital_id = 'H1'")
    client = world.sign_in(app, world.add_user(app, "accountant"))

    def found(**query: str) -> list[tuple[str, str]]:
        answer = client.get("/api/v1/exports/transactions/csv", query_string=DAYS | query)
        return [(row["payment_id"], row["patient_id"]) for row in csv.DictReader(io.StringIO(answer.text, newline=""))]

    assert found() == [("Y1", ""), ("Y2", "P1"), ("Y3", "P1")]
    assert found(patientId="P1") == [("Y2", "P1"), ("Y3", "P1")]
