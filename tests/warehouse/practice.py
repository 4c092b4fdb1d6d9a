"""The hand-checked world's charges, procedure units, compensation plans and statements. Codes are made up.

At H1: D0010 has 5 base units, D0020 7 until 12 March and 8 since. Dr One has a plan from 1 January (20.00 a unit, all of it)
and one from 10 March (19.31, half of it with QK); Dr Two has one of 30.3333 a unit and 60 percent, Dr Three has none.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.warehouse.deliveries import Row


def _charge(number: str, provider: str, ticket: str, day: str, code: str, billed: str | None, **more: Any) -> Row:
    values = {
        "charge_id": number, "hospital_id": "H1", "provider_id": provider, "ticket_number": ticket,
        "case_date": date.fromisoformat(day), "cpt_code": code, "units": "1", "billed_amount": billed, **more,
    }  # fmt: skip
    return Row("charges", values)


def _plan(provider: str, valid_from: str, factor: str, share: str = "100", modifiers: str | None = None) -> Row:
    values = {
        "provider_id": provider, "hospital_id": "H1", "valid_from": date.fromisoformat(valid_from),
        "conversion_factor": factor, "minutes_per_unit": "15", "share_percent": share, "modifiers": modifiers,
    }  # fmt: skip
    return Row("compensation_plans", values)


def _units(code: str, units: str, valid_from: str | None, valid_to: str | None) -> Row:
    days = {
        "valid_from": valid_from and date.fromisoformat(valid_from),
        "valid_to": valid_to and date.fromisoformat(valid_to),
    }
    return Row("procedure_units", {"cpt_code": code, "base_units": units, **days})


def _statement(number: str, provider: str, month: str, gross: str, **more: Any) -> Row:
    values = {
        "statement_id": number, "hospital_id": "H1", "provider_id": provider, "month": date.fromisoformat(month),
        "gross_pay": gross, **more,
    }  # fmt: skip
    return Row("compensation_statements", values)


REFERENCE = [
    _units("D0010", "5", None, None),
    _units("D0020", "7", None, "2026-03-12"),
    _units("D0020", "8", "2026-03-13", None),
    _plan("D1", "2026-01-01", "20"),
    _plan("D1", "2026-03-10", "19.31", modifiers="P3=1,QK=x0.5"),
    _plan("D2", "2026-01-01", "30.3333", share="60"),
]

FIRST_LOAD = [
    # T1 of Dr One: the line of 60 minutes was taken back and billed again with 62. Dr Two has a part in it.
    _charge("K01", "D1", "T1", "2026-03-10", "D0010", "500", minutes="60", posted_date=date(2026, 3, 11)),
    _charge("K02", "D1", "T1", "2026-03-10", "D0010", "-500", units="-1", minutes="60", posted_date=date(2026, 3, 15)),
    _charge("K03", "D1", "T1", "2026-03-10", "D0010", "500", minutes="62", posted_date=date(2026, 3, 15)),
    _charge("K04", "D1", "T1", "2026-03-10", "D0099", "80.25", minutes="10", paid_amount="40"),
    _charge("K05", "D2", "T1", "2026-03-10", "D0010", "500", minutes="62"),
    # T1 again, another day: another case. The day before the new plan, and with a modifier that the old one does not know.
    _charge("K06", "D1", "T1", "2026-03-09", "D0020", "300", minutes="45", modifiers="P3"),
    # T2: two procedures, modifiers on both lines.
    _charge("K07", "D1", "T2", "2026-03-12", "D0010", "500", minutes="62", modifiers="P3,QK"),
    _charge("K08", "D1", "T2", "2026-03-12", "D0020", "0", modifiers="P3"),
    # T3: billed and taken back. T4: no minutes. T5: no base units. T6: no plan. T7: the new units. T8: tomorrow.
    _charge("K09", "D1", "T3", "2026-03-12", "D0010", "500", minutes="30"),
    _charge("K10", "D1", "T3", "2026-03-12", "D0010", "-500"),
    _charge("K11", "D1", "T4", "2026-03-12", "D0010", "500"),
    _charge("K12", "D1", "T5", "2026-03-12", "D0099", "20", minutes="5"),
    _charge("K13", "D3", "T6", "2026-03-12", "D0010", "500", minutes="15"),
    _charge("K14", "D1", "T7", "2026-03-13", "D0020", "300", minutes="7"),
    _charge("K15", "D1", "T8", "2026-04-01", "D0010", "500", minutes="30"),
    # T9: 40.00 of a case were taken back: the case stands, for 60.00.
    _charge("K16", "D2", "T9", "2026-02-27", "D0010", "100", minutes="15"),
    _charge("K17", "D2", "T9", "2026-02-27", "D0010", "-40", units=None),
    _statement("S1", "D1", "2026-03-01", "600", bonus="50", deductions="25.5"),
    _statement("S2", "D2", "2026-01-31", "10", commission="10"),
    _statement("S3", "D1", "2026-04-30", "999"),
]
