"""Every reason for which a row is rejected, and what is near it but good."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.landing.values import as_mask
from tests.unit.pipeline.landing.judging import GOOD, judge, reasons, value

_REJECTED = [
    ("invoices", {"patient_id": None}, "missing_required", "patient_id"),
    ("invoices", {"total": "  "}, "missing_required", "total"),
    ("invoices", {"total": "12,5"}, "invalid_number", "total"),
    ("invoices", {"total": "$5"}, "invalid_number", "total"),
    ("invoices", {"total": "(5)"}, "invalid_number", "total"),
    ("invoices", {"total": "1e3"}, "invalid_number", "total"),
    ("invoices", {"tax": "NaN"}, "invalid_number", "tax"),
    ("invoices", {"total": "1.0001"}, "too_precise", "total"),
    ("invoices", {"total": "1000000000000000"}, "out_of_range", "total"),
    ("invoices", {"total": "-0.01"}, "negative_amount", "total"),
    ("invoices", {"invoice_date": "2025-02-29"}, "invalid_date", "invoice_date"),
    ("invoices", {"invoice_date": "01/02/2025"}, "invalid_date", "invoice_date"),
    ("invoices", {"invoice_date": "1899-12-31"}, "out_of_range", "invoice_date"),
    ("invoices", {"due_date": "9999-12-31"}, "out_of_range", "due_date"),
    ("invoices", {"invoice_date": "2025-07-01"}, "future_date", "invoice_date"),
    ("invoices", {"created_at": "yesterday"}, "invalid_timestamp", "created_at"),
    ("invoices", {"created_at": "2025-06-01 24:00"}, "invalid_timestamp", "created_at"),
    ("invoices", {"disputed": "maybe"}, "invalid_boolean", "disputed"),
    ("invoices", {"status": "lost"}, "not_allowed", "status"),
    ("invoices", {"currency": "EURO"}, "invalid_currency", "currency"),
    ("invoices", {"hospital_id": "H9"}, "unknown_reference", "hospital_id"),
    ("invoices", {"invoice_id": "I\x07"}, "invalid_text", "invoice_id"),
    ("invoices", {"invoice_id": "I\ud800"}, "invalid_text", "invoice_id"),
    ("invoices", {"invoice_id": "I" * 201}, "too_long", "invoice_id"),
    ("payments", {"method": "m" * 2001}, "too_long", "method"),
    ("payments", {"method": "a\0b"}, "invalid_text", "method"),
    ("payments", {"amount": "0.00"}, "zero_amount", "amount"),
    ("payments", {"amount": "-1"}, "negative_amount", "amount"),
    ("payments", {"status": "refund"}, "not_allowed", "status"),
    ("payments", {"hospital_id": None}, "unknown_hospital", "hospital_id"),
    ("payments", {"refunded_date": "2025-07-01"}, "future_date", "refunded_date"),
    ("refunds", {"amount": "0"}, "zero_amount", "amount"),
    ("adjustments", {"kind": "gift"}, "not_allowed", "kind"),
    ("hospitals", {"timezone": "Mars/Olympus"}, "invalid_timezone", "timezone"),
    ("hospitals", {"hospital_id": "H1,H2"}, "invalid_text", "hospital_id"),
    ("hospitals", {"currency": "$"}, "invalid_currency", "currency"),
    ("hospitals", {"fiscal_year_start": "13"}, "out_of_range", "fiscal_year_start"),
    ("hospitals", {"fiscal_year_start": "1.5"}, "too_precise", "fiscal_year_start"),
    ("payers", {"payer_type": "aunt"}, "not_allowed", "payer_type"),
    ("patients", {"date_of_birth": "1985-13-01"}, "invalid_date", "date_of_birth"),
    ("charges", {"minutes": "1.1234567"}, "too_precise", "minutes"),
    ("charges", {"modifiers": "P3,(left)"}, "invalid_modifiers", "modifiers"),
    ("procedure_units", {"base_units": "-1"}, "negative_amount", "base_units"),
    ("compensation_plans", {"minutes_per_unit": "0"}, "zero_amount", "minutes_per_unit"),
    ("compensation_plans", {"conversion_factor": "-0.000001"}, "negative_amount", "conversion_factor"),
    ("compensation_plans", {"share_percent": "-1"}, "negative_amount", "share_percent"),
    ("compensation_plans", {"modifiers": "P3"}, "invalid_modifiers", "modifiers"),
]
_GOOD = [
    ("invoices", {"total": "1.000000"}),
    ("invoices", {"total": "0"}),
    ("invoices", {"invoice_date": "2025-06-30"}),
    ("invoices", {"invoice_date": "2025-07-01", "hospital_id": "H2"}),
    ("invoices", {"due_date": "2026-01-01"}),
    ("invoices", {"status": " Issued "}),
    ("payments", {"method": "line one\nline two"}),
    ("payments", {"invoice_id": "nobody knows"}),
    ("adjustments", {"amount": "-4.5"}),
    ("adjustments", {"amount": "0"}),
    ("adjustments", {"kind": None}),
    ("invoices", {"invoice_id": "I" * 200}),
    ("charges", {"billed_amount": "-100", "units": "-1"}),
    ("charges", {"modifiers": None}),
    ("procedure_units", {"base_units": "0"}),
    ("compensation_plans", {"conversion_factor": "0", "share_percent": "0"}),
]


@pytest.mark.parametrize(("table", "change", "reason", "column"), _REJECTED)
def test_a_row_that_breaks_a_rule_is_rejected_for_it_alone(
    table: str, change: dict[str, str | None], reason: str, column: str
) -> None:
    assert reasons(table, change) == {(reason, (column,))}


@pytest.mark.parametrize("table", GOOD)
def test_the_row_that_the_others_vary_is_good(table: str) -> None:
    assert reasons(table, {}) == set()


@pytest.mark.parametrize(("table", "change"), _GOOD)
def test_a_row_at_the_edge_of_a_rule_is_good(table: str, change: dict[str, str | None]) -> None:
    assert reasons(table, change) == set()


def test_an_adjustment_needs_an_invoice_or_a_patient() -> None:
    assert reasons("adjustments", {"invoice_id": None}) == {("missing_required", ("invoice_id", "patient_id"))}
    assert reasons("adjustments", {"invoice_id": None, "patient_id": "P1"}) == set()


def test_an_allocation_needs_a_payment_or_an_adjustment() -> None:
    assert reasons("allocations", {"payment_id": None}) == {("missing_required", ("payment_id", "adjustment_id"))}
    assert reasons("allocations", {"payment_id": None, "adjustment_id": "A1"}) == set()


def test_a_given_business_date_decides_what_is_in_the_future() -> None:
    assert reasons("payments", {}, business_date=date(2025, 6, 9)) == {("future_date", ("payment_date",))}
    assert reasons("payments", {}, business_date=date(2025, 6, 10)) == set()


def test_only_the_rows_that_fail_are_marked() -> None:
    checked = judge("invoices", {}, {"total": "x", "status": "lost"}, {}, {"invoice_date": None})
    assert checked.bad.tolist() == [False, True, False, True]
    assert checked.unreadable_amounts.tolist() == [False, True, False, False]
    assert as_mask(checked.amounts.is_valid()).tolist() == [True, False, True, True]


def test_missing_values_take_their_defaults() -> None:
    assert value("adjustments", "kind", None) == "other"
    assert value("hospitals", "timezone", None) == "UTC"
    assert value("payers", "payer_type", None) == "insurance"


def test_an_invoice_without_currency_is_in_its_hospitals() -> None:
    checked = judge("invoices", {}, {"hospital_id": "H2"}, {"currency": "eur"})
    assert checked.columns["currency"].to_pylist() == ["USD", "KWD", "EUR"]


def test_an_id_keeps_its_leading_zeros_and_loses_surrounding_blanks() -> None:
    assert value("invoices", "invoice_id", "\u00a0 0042 ") == "0042"


@pytest.mark.parametrize(
    ("text", "expected"), [("Yes", True), ("0", False), ("T", True), ("FALSE", False), (None, None)]
)
def test_booleans_have_the_usual_spellings(text: str | None, expected: bool | None) -> None:
    assert value("invoices", "disputed", text) is expected


def test_a_chunk_without_rows_has_no_findings() -> None:
    assert judge("invoices").bad.tolist() == []


@pytest.mark.parametrize("text", ["\ufeffI1", "I1\u200bx", "\u202eI1", "I\x851", "I\x921"])
def test_an_id_with_characters_that_nobody_sees_is_no_id(text: str) -> None:
    assert reasons("invoices", {"invoice_id": text}) == {("invalid_text", ("invoice_id",))}


def test_the_time_zone_of_this_machine_is_none() -> None:
    assert reasons("hospitals", {"timezone": "localtime"}) == {("invalid_timezone", ("timezone",))}
