"""Who answers for a model and who reads it: groups, access, exposures; and what every mart's columns are tested for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.project import ROOT, files, text

_PROJECT = Path("dbt_project")
_EXPOSURES = _PROJECT / "models" / "exposures.yml"
# A column of text that is a list is named for what it holds.
_LIST = re.compile(r"(^|_)(status|class|type|kind|basis|bucket|attribution|unit|granularity|split|direction)$")
_NO_PARENT = {
    ("fct_invoice_balances", "item_key"): "an invoice, or money without one",
    ("fct_receivable_events", "item_key"): "an invoice, or money without one",
    ("fct_receivable_events", "former_item_key"): "an invoice that is gone, or money without one",
    (
        "fct_payment_schedules",
        "invoice_key",
    ): "schedules of invoices that are gone stay, for figures known at a past day",
    ("fct_receivable_events", "payment_key"): "events of a payment that is gone stay in the ledger",
    ("rpt_changes_after_close", "payment_key"): "a payment that is gone since the close is a change of it",
}


@cache
def _yaml(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(text(path)) or {})


@cache
def _marts() -> dict[str, dict[str, Any]]:
    paths = [path for path in files(".yml") if path.parts[:3] == ("dbt_project", "models", "marts")]
    return {model["name"]: model for path in paths for model in _yaml(path).get("models") or []}


def _parents(model: dict[str, Any]) -> dict[str, str]:
    """The columns of a mart that are keys of others, with what they refer to, ``table.column``."""
    tests = [test["foreign_keys"] for test in model.get("data_tests") or [] if "foreign_keys" in test]
    return {column: parent for test in tests for column, parent in test["arguments"]["parents"].items()}


def _columns() -> Iterator[tuple[str, str, str]]:
    """Mart, column and its tests as text."""
    for mart, model in _marts().items():
        for column in model["columns"]:
            foreign = ["foreign_keys"] if column["name"] in _parents(model) else []
            yield mart, column["name"], str([*(column.get("data_tests") or []), *foreign])


def _read_marts(module: str) -> set[str]:
    source = text(Path(module))
    names = {*_marts(), "dim_aging_buckets"}
    return {name for name in names if re.search(rf"\b{name}\b", source)}


def test_every_model_has_a_group_with_an_owner():
    groups = {group["name"]: group for group in _yaml(_PROJECT / "models" / "groups.yml")["groups"]}
    assert all(group["owner"]["name"] and group["description"] for group in groups.values())
    models = _yaml(_PROJECT / "dbt_project.yml")["models"]["daybook"]
    used = {value for value in [models, *models["marts"].values(), models["marts"]] if isinstance(value, dict)
            for value in [value.get("+group")] if value}  # fmt: skip
    assert models["+group"] in groups, "a group for what has none of its own"
    assert used == set(groups)


def test_marts_are_public_and_nothing_else_is():
    models = _yaml(_PROJECT / "dbt_project.yml")["models"]["daybook"]
    assert models["marts"]["+access"] == "public"
    assert "public" not in {str(models[layer].get("+access")) for layer in ("staging", "intermediate")}
    own = [path for path in files(".yml") if path.parts[0] == "dbt_project" and "access:" in text(path)]
    assert own == [_PROJECT / "dbt_project.yml"]


def test_every_query_of_the_portal_reads_only_marts_that_its_exposure_names():
    wrong = []
    for exposure in _yaml(_EXPOSURES)["exposures"]:
        named = set(re.findall(r"ref\('(\w+)'\)", str(exposure["depends_on"])))
        read: set[str] = set().union(*(_read_marts(module) for module in exposure["config"]["meta"]["queries"]))
        if named != read:
            wrong.append(f"{exposure['name']}: {sorted(named ^ read)} named or read, not both")
    assert not wrong


def test_every_query_module_that_reads_marts_has_an_exposure():
    modules = {
        module for exposure in _yaml(_EXPOSURES)["exposures"] for module in exposure["config"]["meta"]["queries"]
    }
    reading = {
        path.as_posix()
        for path in files(".py")
        if path.parts[:2] == ("portal", "queries") and _read_marts(path.as_posix())
    }
    assert len(reading) >= 10
    assert modules == reading


def test_exposures_are_complete_and_lead_to_pages():
    exposures = _yaml(_EXPOSURES)["exposures"]
    names = {exposure["name"] for exposure in exposures}
    assert {"reports_home", "revenue", "patients", "outstanding", "aging"} <= names
    for exposure in exposures:
        assert exposure["description"] and exposure["owner"]["name"] and exposure["label"], exposure["name"]
        assert exposure["url"].startswith("/"), exposure["name"]


def test_every_key_of_another_mart_has_its_relationship_tested():
    missing = [
        f"{mart}.{column}"
        for mart, column, tests in _columns()
        if (column.endswith("_key") or column == "hospital_id")
        and "foreign_keys" not in tests
        and "primary_key" not in tests
        and (mart, column) not in _NO_PARENT
    ]
    assert len(_marts()) >= 16
    assert not missing
    assert not set(_NO_PARENT) - {(mart, column) for mart, column, _ in _columns()}, "a reason for nothing"


def test_keys_of_others_are_columns_and_refer_to_tested_keys():
    seeds = {model["name"]: model for model in _yaml(_PROJECT / "seeds" / "_seeds.yml")["seeds"]}
    keys = {
        f"{name}.{column['name']}"
        for name, model in {**_marts(), **seeds}.items()
        for column in model["columns"]
        if "primary_key" in (column.get("data_tests") or [])
    }
    for mart, model in _marts().items():
        assert set(_parents(model)) <= {column["name"] for column in model["columns"]}, mart
        assert set(_parents(model).values()) <= keys, mart


def test_no_key_is_tested_twice_as_dbt_would():
    """``unique``, ``not_null`` and ``relationships`` are a query each; the project's own tests say the same with fewer."""
    own = re.compile(r"^\s*(- (unique|not_null|relationships)\b|data_tests: \[.*\b(unique|not_null)\b)", re.MULTILINE)
    paths = [path for path in files(".yml") if path.parts[0] == "dbt_project"]
    assert not [path.as_posix() for path in paths if own.search(text(path))]


def test_every_list_has_its_values_tested():
    texts = {
        (mart, c["name"]) for mart, model in _marts().items() for c in model["columns"] if c["data_type"] == "text"
    }
    lists = [each for each in _columns() if each[:2] in texts and _LIST.search(each[1])]
    assert len(lists) >= 15
    missing = [
        f"{mart}.{column}"
        for mart, column, tests in lists
        if not any(word in tests for word in ("accepted_values", "foreign_keys", "primary_key"))
    ]
    assert not missing


def test_every_column_of_a_mart_has_a_type_for_its_contract():
    for mart, model in _marts().items():
        assert not [column["name"] for column in model["columns"] if not column.get("data_type")], mart


@pytest.mark.parametrize("name", ["payment_status", "payer_class", "bucket", "basis", "adjustment_kind", "unit"])
def test_a_list_is_known_by_its_name(name: str):
    assert _LIST.search(name)
    assert (ROOT / _EXPOSURES).exists()


def test_no_table_is_unlogged():
    """A server killed while one is made may not start again: docs/adr/0007-no-unlogged-tables.md."""
    found = [
        path.as_posix()
        for ending in (".py", ".sql", ".yml")
        for path in files(ending)
        if path.parts[0] in ("pipeline", "warehouse", "dbt_project")
        and "unlogged" in path.read_text(encoding="utf-8").lower()
    ]
    assert found == []
