"""The dbt project against its contract: columns, descriptions, index names, definitions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.warehouse.dbt.builds import PROJECT
from tests.warehouse.dbt.conftest import Built
from warehouse.settings import ROOT

pytestmark = pytest.mark.xdist_group("dbt")

_MART_ROW = re.compile(r"^\| `(\w+)` \| (.*) \|$")
_INDEXES = {
    "idx_revenue_metrics_date": ("revenue_metrics", "date_key"),
    "idx_revenue_metrics_created": ("revenue_metrics", "created_at"),
    "idx_patient_payment_patient": ("patient_payment_history", "patient_id"),
    "idx_patient_payment_date": ("patient_payment_history", "payment_date"),
    "idx_patient_payment_status": ("patient_payment_history", "payment_status"),
    "idx_outstanding_patient": ("outstanding_payments", "patient_id"),
    "idx_outstanding_days": ("outstanding_payments", "days_overdue"),
    "idx_outstanding_status": ("outstanding_payments", "payment_status"),
}
# Factors, units and minutes: no money, and a source states them more exactly than money.
_SIX_DECIMALS = (
    "units", "minutes", "minutes_per_unit", "base_units", "time_units", "modifier_units", "modifier_factor", "total_units",
    "conversion_factor", "share_percent",
)  # fmt: skip


def _manifest(built: Built) -> dict[str, Any]:
    nodes = json.loads((built.state / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    return {node["name"]: node for node in nodes.values() if node["resource_type"] in ("model", "seed")}


def _columns(built: Built) -> dict[str, list[str]]:
    query = """
        select table_name, array_agg(column_name::text order by ordinal_position) from information_schema.columns
        where table_schema in ('staging', 'intermediate', 'candidate') group by 1
    """
    return dict(built.rows(query))


def test_every_column_of_every_model_is_described_and_no_other(built: Built):
    columns = _columns(built)
    described = {name: list(node["columns"]) for name, node in _manifest(built).items()}
    assert len(columns) >= 55
    assert {name: sorted(found) for name, found in columns.items()} == {n: sorted(c) for n, c in described.items()}


def test_marts_have_the_columns_of_the_architecture(built: Built):
    columns = _columns(built)
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Marts")[1].split("\n## ")[0]
    documented = dict(match.groups() for line in text.splitlines() if (match := _MART_ROW.match(line)))
    assert set(documented) == {name for name, node in _manifest(built).items() if node["schema"] == "candidate"}
    for mart, cell in documented.items():
        missing = [column for column in columns[mart] if not re.search(rf"\b{column}\b", cell)]
        assert not missing, f"{mart}: {missing} not in docs/architecture.md"


def test_contracts_of_marts_are_enforced(built: Built):
    marts = [n for n in _manifest(built).values() if n["schema"] == "candidate" and n["resource_type"] == "model"]
    assert len(marts) >= 15
    assert [mart["name"] for mart in marts if not mart["config"]["contract"]["enforced"]] == []


def test_money_has_three_decimals_in_every_mart_and_numbers_of_a_source_keep_their_six(built: Built):
    query = """
        select table_name, column_name, numeric_precision, numeric_scale from information_schema.columns
        where table_schema = 'candidate' and (data_type in ('real', 'double precision') or data_type = 'numeric'
        and (numeric_precision, numeric_scale) is distinct from (18, case when column_name = any(%s) then 6 else 3 end))
    """
    assert built.rows(query, list(_SIX_DECIMALS)) == []


def test_requested_indexes_have_their_names(built: Built):
    found = dict(built.rows("select indexname, indexdef from pg_indexes where schemaname = 'candidate'"))
    for name, (table, column) in _INDEXES.items():
        assert found[name].endswith(f"ON candidate.{table} USING btree ({column})")


def test_the_policy_test_waits_for_every_mart(built: Built):
    text = (PROJECT / "tests" / "row_policies_present.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"depends_on: \{\{ ref\('(\w+)'\) \}\}", text)) == {
        name for name, node in _manifest(built).items() if node["schema"] == "candidate"
    }
