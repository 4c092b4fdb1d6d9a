"""Canonical tables about work and pay: charges, procedure units, compensation, operating costs."""

from __future__ import annotations

from warehouse.canonical_types import Table
from warehouse.canonical_types import column as _c

PRACTICE_TABLES: tuple[Table, ...] = (
    Table(
        "charges",
        (
            _c("charge_id", required=True),
            _c("hospital_id"),
            _c("provider_id", required=True),
            _c("ticket_number", required=True),
            _c("case_date", "date", required=True),
            _c("posted_date", "date"),
            _c("cpt_code", required=True, code="procedure"),
            _c("modifiers"),
            _c("units", "number"),
            _c("minutes", "number"),
            _c("billed_amount", "money"),
            _c("paid_amount", "money"),
            _c("patient_id"),
        ),
        key=("charge_id",),
        money="billed_amount",
        hospital_from=(("provider_id", "providers"),),
    ),
    Table(
        "procedure_units",
        (
            _c("cpt_code", required=True, code="procedure"),
            _c("base_units", "number", required=True),
            _c("valid_from", "date"),
            _c("valid_to", "date"),
        ),
        key=("cpt_code", "valid_from"),
        per_hospital=False,
        not_negative=("base_units",),
    ),
    Table(
        "compensation_plans",
        (
            _c("provider_id", required=True),
            _c("hospital_id"),
            _c("valid_from", "date", required=True),
            _c("conversion_factor", "number", required=True),
            _c("minutes_per_unit", "number", default="15"),
            _c("share_percent", "number", default="100"),
            _c("modifiers"),
        ),
        key=("provider_id", "valid_from"),
        hospital_from=(("provider_id", "providers"),),
        positive=("minutes_per_unit",),
        not_negative=("conversion_factor", "share_percent"),
    ),
    Table(
        "operating_costs",
        (_c("hospital_id"), _c("month", "date", required=True), _c("amount", "money", required=True)),
        key=("month",),
        money="amount",
    ),
    Table(
        "compensation_statements",
        (
            _c("statement_id", required=True),
            _c("hospital_id"),
            _c("provider_id", required=True),
            _c("month", "date", required=True),
            _c("gross_pay", "money", required=True),
            _c("commission", "money"),
            _c("bonus", "money"),
            _c("deductions", "money"),
        ),
        key=("statement_id",),
        money="gross_pay",
        hospital_from=(("provider_id", "providers"),),
    ),
)
