"""cms_anesthesia: Medicare's base units and conversion factors, read as they are through a mapping, meet ten worked cases.

A locality stands for a provider, its conversion factor for a plan. Names of localities end in footnote marks (``ALASKA*``):
a value map takes them off. The cases' codes, localities and minutes are those of the checked facts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from pipeline.run import RunOrder, RunReport, execute
from pipeline.settings import SourceConfig
from tests.conftest import fresh_database
from tests.integration.pipeline.support import query
from tests.integration.real_data.support import DATA, Facts, needs

pytestmark = needs("cms_anesthesia")
_FILES = ("base_units_2022.csv", "conversion_factors_2025.csv")
_TABLES = {
    "charges": ("charge_id,case,locality,code,minutes,day", "{0},{0},{2},{1},{3},2025-06-02"),
    "invoices": ("invoice_id,patient,day,total", "I-{0},P-{0},2025-06-02,1.00"),
    "payments": ("payment_id,invoice_id,day,amount", "Y-{0},I-{0},2025-06-02,1.00"),
}


def _mapping() -> dict[str, object]:
    """The mapping a practice would write for these files."""
    with (DATA / "cms_anesthesia" / _FILES[1]).open(encoding="utf-8", newline="") as file:
        names = [row["locality_name"] for row in csv.DictReader(file)]
    locality = {
        "column": "locality_name",
        "values": {name: name.rstrip("*") for name in names if name.endswith("*")},
    }
    here = {"constant": "US"}
    return {
        "name": "medicare",
        "tables": {
            "hospitals": {"rows": [{"hospital_id": "US", "name": "Medicare", "currency": "USD"}]},
            "providers": {"from": _FILES[1], "columns": {"provider_id": locality, "hospital_id": here, "name": locality}},
            "procedure_units": {"from": _FILES[0], "columns": {"cpt_code": "code", "base_units": "base_units"}},
            "compensation_plans": {
                "from": _FILES[1],
                "columns": {
                    "provider_id": locality, "hospital_id": here, "valid_from": {"constant": "2025-01-01"},
                    "conversion_factor": "cf",
                },
            },
            "charges": {
                "from": "charges.csv",
                "columns": {
                    "charge_id": "charge_id", "hospital_id": here, "provider_id": "locality", "ticket_number": "case",
                    "case_date": "day", "cpt_code": "code", "minutes": "minutes",
                },
            },
            "invoices": {
                "from": "invoices.csv",
                "columns": {
                    "invoice_id": "invoice_id", "hospital_id": here, "patient_id": "patient", "invoice_date": "day",
                    "total": "total", "status": {"constant": "paid"},
                },
            },
            "payments": {
                "from": "payments.csv",
                "columns": {
                    "payment_id": "payment_id", "hospital_id": here, "invoice_id": "invoice_id", "payment_date": "day",
                    "amount": "amount", "status": {"constant": "paid"},
                },
            },
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def facts() -> Facts:
    return Facts("cms_anesthesia")


@pytest.fixture(scope="module")
def report(server: str, template: str, tmp_path_factory: pytest.TempPathFactory, facts: Facts) -> Iterator[RunReport]:
    folder: Path = tmp_path_factory.mktemp("medicare")
    for name in _FILES:
        (folder / name).symlink_to(DATA / "cms_anesthesia" / name)
    cases = facts.rows("worked_cases")
    codes = {case: code for case, code, *_ in Facts.texts("cms_anesthesia", "worked_cases")}
    for table, (header, line) in _TABLES.items():
        lines = [line.format(case, codes[case], locality, minutes) for case, _, locality, minutes, *_ in cases]
        (folder / f"{table}.csv").write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    mapping = tmp_path_factory.mktemp("mapping") / "medicare.yml"
    mapping.write_text(yaml.safe_dump(_mapping(), sort_keys=False), encoding="utf-8")
    for _ in fresh_database(server, template):
        source = SourceConfig("medicare", str(folder), str(mapping))
        yield execute(RunOrder([source], datetime.now(UTC), date(2025, 6, 30)))


def test_both_tables_land_whole(report: RunReport, facts: Facts) -> None:
    assert report.outcome == "published"
    assert report.rejected == 0
    counts = dict(facts.rows("row_counts"))
    summary = facts.one("base_summary")
    assert query("select count(*), sum(base_units), min(base_units), max(base_units) from raw.procedure_units") == [
        (counts["base"], summary["total"], summary["lo"], summary["hi"])
    ]
    factors = facts.one("cf_summary")
    assert query("select count(*), min(conversion_factor), max(conversion_factor) from raw.compensation_plans") == [
        (counts["cf"], factors["lo"], factors["hi"])
    ]


def test_codes_keep_their_leading_zeros_and_localities_lose_their_marks(report: RunReport) -> None:
    assert query("select cpt_code from marts.fct_charges where ticket_number = 'c1'") == [("00100",)]
    assert query("select count(*) from raw.procedure_units where length(cpt_code) <> 5") == [(0,)]
    assert query("select count(*) from marts.dim_providers where name like '%%*%%'") == [(0,)]


def test_the_ten_worked_cases_to_the_cent(report: RunReport, facts: Facts) -> None:
    found = query(
        "select ticket_number, pay.base_units, time_units, total_units, conversion_factor, amount, uncalculated_reason"
        " from marts.fct_case_compensation pay join marts.fct_cases using (case_key)"
        " order by length(ticket_number), ticket_number"
    )
    expected = [
        (case, base, time, units, factor, allowed, None)
        for case, _, _, _, base, time, units, factor, allowed in facts.rows("worked_cases")
    ]
    assert len(found) == 10
    assert found == expected


def test_the_months_hold_the_cases(report: RunReport, facts: Facts) -> None:
    total = sum((row[-1] for row in facts.rows("worked_cases")), Decimal(0))
    assert query(
        "select sum(calculated), sum(case_count), sum(uncalculated_case_count) from marts.rpt_compensation_monthly"
    ) == [(total, 10, 0)]
