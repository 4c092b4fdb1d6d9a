"""What holds for every dbt model."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.architecture.project import files, text

_COMMENTS = re.compile(r"--.*?$|/\*.*?\*/|\{#.*?#\}", re.MULTILINE | re.DOTALL)
_CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|getdate|sysdate)\s*\(|"
    r"\b(current_date|current_timestamp|current_time|localtimestamp|localtime)\b|run_started_at|modules\.datetime|"
    r"\b(random|setseed|gen_random_uuid|uuid_generate_v\d|uuid|nextval|timeofday|txid_current)\s*\(|invocation_id|"
    r"'(now|today|yesterday|tomorrow)'",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"\bsource\s*\(")
_FOR_POSTGRES_ONLY = re.compile(r"\bdistinct on\b|\bgenerate_series\b|::|\bextract\s*\(\s*epoch", re.IGNORECASE)


def _models() -> list[tuple[Path, str]]:
    return [
        (path, _COMMENTS.sub("", text(path)))
        for path in files(".sql")
        if path.parts[:2] in (("dbt_project", "models"), ("dbt_project", "tests"), ("dbt_project", "macros"))
    ]


def _properties() -> list[tuple[Path, dict[str, object]]]:
    found = []
    for path in files(".yml"):
        if path.parts[:2] == ("dbt_project", "models"):
            found += [(path, model) for model in (yaml.safe_load(text(path)) or {}).get("models") or []]
    return found


def test_no_model_calls_the_clock():
    assert _models()
    assert not [f"{path}: {found.group(0)}" for path, sql in _models() for found in _CLOCK.finditer(sql)]


def test_no_hook_or_configuration_calls_the_clock():
    configured = [path for path in files(".yml") if path.parts[0] in ("dbt_project", "profiles.yml")]
    assert len(configured) > 20
    assert not [f"{path}: {found.group(0)}" for path in configured for found in _CLOCK.finditer(text(path))]


def test_the_clock_would_be_found():
    for sql in (
        "select now()",
        "where d <= CURRENT_DATE",
        "clock_timestamp ()",
        "{{ run_started_at }}",
        "random()",
        "cast('today' as date)",
    ):
        assert _CLOCK.search(sql)


def test_only_staging_reads_sources():
    models = [(path, sql) for path, sql in _models() if path.parts[1] == "models"]
    assert any(_SOURCE.search(sql) for path, sql in models)
    assert not [str(path) for path, sql in models if _SOURCE.search(sql) and "staging" not in path.parts]


def test_what_only_postgres_understands_stands_in_macros():
    models = [(path, sql) for path, sql in _models() if path.parts[1] == "models"]
    assert not [f"{path}: {found.group(0)}" for path, sql in models for found in _FOR_POSTGRES_ONLY.finditer(sql)]


def test_every_model_and_column_is_described():
    described = {str(model["name"]) for _, model in _properties()}
    models = {path.stem for path, _ in _models() if path.parts[1] == "models"}
    assert models
    assert models - described == set()
    missing = []
    for path, model in _properties():
        entries = [model, *(model.get("columns") or [])]  # type: ignore[misc]
        missing += [f"{path}: {model['name']}: {entry['name']}" for entry in entries if not entry.get("description")]
    assert not missing


def test_every_mart_has_a_key_that_is_tested():
    untested = []
    for path, model in _properties():
        if "marts" not in path.parts:
            continue
        tests = [str(model.get("data_tests") or "")]
        tests += [str(column.get("data_tests") or "") for column in model.get("columns") or []]  # type: ignore[attr-defined]
        if not any("primary_key" in test for test in tests):
            untested.append(f"{path}: {model['name']}")
    assert not untested
