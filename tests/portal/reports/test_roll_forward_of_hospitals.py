"""Hospitals whose business dates lie in different months: the one that is behind keeps its balance in the sum."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask

from tests.portal import world

URL = "/api/v1/financial-reports/roll-forward"


def _month(hospital: str, month: int, opening: str, billed: str, closing: str, **more: Any) -> dict[str, Any]:
    zeros = dict.fromkeys(("collected", "refunded", "adjusted", "written_off", "recovered", "credits_closing"), 0)
    return {
        "hospital_id": hospital, "currency": "USD", "month": date(2026, month, 1), "as_of_date": date(2026, month, 28),
        "is_partial": False, "opening": opening, "billed": billed, "closing": closing, "receivables_closing": closing,
        **zeros, **more,
    }  # fmt: skip


def test_a_hospital_that_is_still_in_the_former_month_keeps_its_balance(app: Flask) -> None:
    world.fill(
        "rpt_roll_forward",
        [
            _month("H1", 2, "0", "100", "100"),
            _month("H1", 3, "100", "7", "107"),
            _month("H2", 2, "30", "20", "50", credits_closing="4"),
        ],
    )
    client = world.sign_in(app, world.add_user(app, "accountant", ("H1", "H2")))
    answer = client.get(URL, query_string={"startDate": "2026-02-01", "endDate": "2026-04-30"})
    february, march = answer.json["data"]
    assert (february["opening"], february["billed"], february["closing"]) == ("30.00", "120.00", "150.00")
    assert (march["opening"], march["billed"], march["closing"]) == ("150.00", "7.00", "157.00")
    assert (march["receivablesClosing"], march["creditsClosing"]) == ("157.00", "4.00")
    assert (february["partial"], march["partial"]) == (False, True)
