"""The hand-checked world: charges become cases, cases workload and pay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")
_PROVIDER = "join dim_providers p using (provider_key)"


def test_a_case_is_one_provider_ticket_and_day(built: Built):
    query = f"""
        select ticket_number, p.provider_id, case_date, line_count, charge_count, minutes, billed, paid from fct_cases
        {_PROVIDER} where ticket_number = 'T1' order by 2, 3
    """
    assert built.rows(query) == [
        ("T1", "D1", date(2026, 3, 9), 1, 1, Decimal(45), Decimal(300), None),
        ("T1", "D1", date(2026, 3, 10), 2, 4, Decimal(62), Decimal("580.25"), Decimal(40)),
        ("T1", "D2", date(2026, 3, 10), 1, 1, Decimal(62), Decimal(500), None),
    ]


def test_the_leading_procedure_has_most_base_units_on_the_day(built: Built):
    query = """
        select ticket_number, primary_cpt_code, base_units, code_count from fct_cases
        where ticket_number in ('T2', 'T3', 'T5', 'T7') order by 1
    """
    assert built.rows(query) == [
        ("T2", "D0020", Decimal(7), 2),
        ("T3", None, None, 0),
        ("T5", "D0099", None, 1),
        ("T7", "D0020", Decimal(8), 1),
    ]


def test_pay_of_each_case_or_why_there_is_none(built: Built):
    query = """
        select f.ticket_number, p.provider_id, c.case_date, c.time_units, c.unknown_modifier_count, c.total_units, c.amount,
        c.uncalculated_reason from fct_case_compensation c join fct_cases f using (case_key)
        join dim_providers p on p.provider_key = c.provider_key
        order by 1, 2, 3
    """
    found = [
        (
            ticket,
            provider,
            day.day,
            *(None if value is None else str(Decimal(value).normalize()) for value in values),
            reason,
        )
        for ticket, provider, day, *values, reason in built.rows(query)
    ]
    assert found == [
        ("T1", "D1", 9, "3", "1", "1E+1", "2E+2", None),  # 7 + 3, at 20: the plan of the day before, which knows no P3
        ("T1", "D1", 10, "4.1", "0", "9.1", "175.72", None),  # × 19.31 = 175.721
        ("T1", "D2", 10, "4.1", "0", "9.1", "165.62", None),  # × 30.3333 × 60 % = 165.6198
        ("T2", "D1", 12, "4.1", "0", "12.1", "116.83", None),  # 7 + 4.1 + 1 for P3; half for QK: 116.8255
        ("T4", "D1", 12, None, "0", None, None, "no_minutes"),
        ("T5", "D1", 12, "0.3", "0", None, None, "no_base_units"),
        ("T6", "D3", 12, None, "0", None, None, "no_plan"),
        ("T7", "D1", 13, "0.5", "0", "8.5", "164.14", None),  # 164.135
        ("T8", "D1", 1, "2", "0", "7", "135.17", None),
        ("T9", "D2", 27, "1", "0", "6", "109.2", None),
    ]


def test_statements_stand_beside_what_was_calculated(built: Built):
    query = f"""
        select p.provider_id, month, case_count, uncalculated_case_count, calculated, statement_count, gross_pay, net_pay,
        difference from rpt_compensation_monthly {_PROVIDER} order by 1, 2
    """
    assert [(who, month.month, *map(float, figures)) for who, month, *figures in built.rows(query)] == [
        ("D1", 3, 6, 2, 656.69, 1, 600, 574.5, -56.69),
        ("D2", 1, 0, 0, 0, 1, 10, 10, 10),
        ("D2", 2, 1, 0, 109.2, 0, 0, 0, -109.2),
        ("D2", 3, 1, 0, 165.62, 0, 0, 0, -165.62),
        ("D3", 3, 1, 1, 0, 0, 0, 0, 0),
    ]


def test_workload_of_a_day_counts_what_stands(built: Built):
    query = f"""
        select case_date, case_count, reversed_case_count, timed_case_count, minutes, average_minutes, cases_per_hour, billed
        from rpt_workload {_PROVIDER} where p.provider_id = 'D1' order by 1
    """
    assert [(day.day, *map(float, figures)) for day, *figures in built.rows(query)] == [
        (9, 1, 0, 1, 45, 45, 1.333, 300),
        (10, 1, 0, 1, 62, 62, 0.968, 580.25),
        (12, 3, 1, 2, 67, 33.5, 1.791, 1020),
        (13, 1, 0, 1, 7, 7, 8.571, 300),
    ]


def test_a_case_with_two_procedures_is_in_both_rows_of_the_mix(built: Built):
    query = f"""
        select cpt_code, case_count, units, billed from rpt_case_mix {_PROVIDER}
        where p.provider_id = 'D1' and month = '2026-03-01' order by 1
    """
    assert [(code, *map(float, figures)) for code, *figures in built.rows(query)] == [
        ("D0010", 3, 3, 1500),
        ("D0020", 3, 3, 600),
        ("D0099", 2, 2, 100.25),
    ]
    assert built.rows(f"select sum(case_count) from rpt_workload {_PROVIDER} where p.provider_id = 'D1'") == [(6,)]


def test_a_provider_that_only_charges_name_stands_under_its_id(built: Built):
    assert built.rows("select name from dim_providers where provider_id = 'D3'") == [("D3",)]
