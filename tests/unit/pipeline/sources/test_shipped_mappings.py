"""The shipped mappings on the data that they are made for, where it lies beside the project: rows and sums to the cent."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources import SHIPPED, find_mapping, load_mapping, open_source
from tests.integration.real_data.support import DATA, needs
from tests.unit.pipeline.sources.support import Rows, rows
from warehouse.canonical import BY_NAME


def _facts(name: str) -> dict[str, list[dict[str, Any]]]:
    document = json.loads((DATA / name / "facts.json").read_text(encoding="utf-8"))
    return {
        fact["id"]: [dict(zip(fact["columns"], row, strict=True)) for row in fact["rows"]] for fact in document["facts"]
    }


def _tables(name: str) -> dict[str, Rows]:
    opened = open_source(None, str(DATA / name), name)
    return {table: rows(opened, table) for table in opened.tables}


def _sum(found: Rows, column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in found), Decimal(0))


def _counts_and_sums(found: Rows, key: str, column: str) -> dict[str, tuple[int, Decimal]]:
    numbers = Counter(str(row[key]) for row in found)
    return {
        name: (number, _sum([row for row in found if row[key] == name], column)) for name, number in numbers.items()
    }


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yml")), ids=lambda path: path.stem)
def test_shipped_mappings_are_valid_and_bear_their_file_name(path: Path) -> None:
    assert load_mapping(path).name == path.stem
    assert find_mapping(path.stem) == path


@needs("rcm_analytics")
def test_rcm_analytics_rows_and_sums_equal_the_facts() -> None:
    tables, facts = _tables("rcm_analytics"), _facts("rcm_analytics")
    counts = {row["t"]: row["n"] for row in facts["row_counts"]}
    read = {"patients", "providers", "payers", "charges", "claims", "payments", "adjustments"}
    assert {name: len(tables[name]) for name in read} == {name: counts[name] for name in read}
    assert (len(tables["invoices"]), len(tables["appointments"])) == (counts["claims"], counts["encounters"])
    (total,) = facts["totals"]
    assert _sum(tables["invoices"], "total") == Decimal(total["billed"])
    assert _sum(tables["claims"], "billed_amount") == Decimal(total["billed"])
    assert _sum(tables["charges"], "billed_amount") == Decimal(total["charges"])
    assert _sum(tables["payments"], "amount") == Decimal(total["paid"])
    assert _sum([row for row in tables["payments"] if row["payer_id"] is None], "amount") == Decimal(
        total["patient_paid"]
    )
    assert _sum(tables["adjustments"], "amount") == Decimal(total["adjusted"])
    written_off = [row for row in tables["adjustments"] if row["kind"] == "write_off"]
    assert _sum(written_off, "amount") == Decimal(total["written_off"])


@needs("rcm_analytics")
def test_rcm_analytics_breakdowns_equal_the_facts() -> None:
    tables, facts = _tables("rcm_analytics"), _facts("rcm_analytics")
    departments = {row["department"]: (row["claims"], Decimal(row["billed"])) for row in facts["by_department"]}
    assert _counts_and_sums(tables["invoices"], "department_id", "total") == departments
    methods = {row["payment_method"]: (row["n"], Decimal(row["amt"])) for row in facts["payment_methods"]}
    assert _counts_and_sums(tables["payments"], "method", "amount") == methods
    providers = {row["provider_id"]: (row["lines"], Decimal(row["charges"])) for row in facts["by_provider"]}
    assert _counts_and_sums(tables["charges"], "provider_id", "billed_amount") == providers
    denials = {row["denial_reason_code"]: row["n"] for row in facts["denials_by_reason"]}
    assert Counter(row["denial_code"] for row in tables["claims"] if row["denial_code"]) == denials
    assert {row["department_id"] for row in tables["departments"]} == set(departments)


@needs("synthea_ohdsi")
def test_synthea_rows_and_sums_equal_the_facts() -> None:
    tables, facts = _tables("synthea_ohdsi"), _facts("synthea_ohdsi")
    counts = {row["t"]: row["n"] for row in facts["row_counts"]}
    assert len(tables["invoices"]) == counts["claims"]
    assert len(tables["hospitals"]) == counts["organizations"]
    assert len(tables["appointments"]) == counts["encounters"]
    assert len({row["patient_id"] for row in tables["patients"]}) == counts["patients"]
    (total,) = facts["totals"]
    assert _sum(tables["invoices"], "total") == Decimal(total["billed"])
    assert _sum(tables["claims"], "billed_amount") == Decimal(total["billed"])
    assert _sum(tables["payments"], "amount") == Decimal(total["paid"])
    methods = {row["METHOD"]: (row["n"], Decimal(row["paid"])) for row in facts["paid_by_method"]}
    assert _counts_and_sums(tables["payments"], "method", "amount") == methods


@needs("synthea_ohdsi")
def test_synthea_patients_belong_to_every_hospital_that_billed_them() -> None:
    tables = _tables("synthea_ohdsi")
    known = {(row["patient_id"], row["hospital_id"]) for row in tables["patients"]}
    assert len(known) == len(tables["patients"])
    assert {(row["patient_id"], row["hospital_id"]) for row in tables["invoices"]} <= known
    assert all(row["last_name"] and row["ssn"] for row in tables["patients"])
    assert all(row["method"] == "ECHECK" for row in tables["payments"] if row["payer_id"])


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in ("rcm_analytics", "synthea_ohdsi")])
def test_mapped_values_are_those_that_the_canonical_tables_allow(name: str) -> None:
    for table, found in _tables(name).items():
        for column in BY_NAME[table].columns:
            values = {row[column.name] for row in found if column.name in row} - {None}
            assert not column.allowed or values <= set(column.allowed), f"{table}.{column.name}"
            assert not column.required or all(row.get(column.name) for row in found), f"{table}.{column.name}"
