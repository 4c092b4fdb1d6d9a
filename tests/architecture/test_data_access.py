"""Queries only read, with the connection that they are given and the day that they are told; analytics stand by themselves."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.project import files, text

_QUERIES = [path for path in files(".py") if path.parts[:2] == ("portal", "queries")]
_ANALYTICS = [path for path in files(".py") if path.parts[:2] == ("portal", "analytics") and path.stem != "__init__"]
_WRITES = re.compile(
    r"\b(insert\s+into|update\s+\w+(\.\w+)?\s+(as\s+\w+\s+)?set|delete\s+from|truncate|merge\s+into)\b", re.IGNORECASE
)
_CLOCKS = re.compile(
    r"\b(now\(\)|clock_timestamp\(\)|current_date|current_timestamp)|\.(now|today|utcnow)\(", re.IGNORECASE
)
_FLOORS = (
    "portal.blueprints",
    "portal.api",
    "portal.services",
    "portal.exports",
    "portal.security",
    "portal.models",
    "flask",
)
# Whether a run is alive is asked of the clock that its heartbeat is written with; no figure is.
_ALIVE = "portal/queries/etl_runs.py"
_CONNECTS = ("create_engine", "connect", "begin", "commit", "rollback")


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def _methods(path: Path) -> set[str]:
    calls = [node.func for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.Call)]
    return {
        call.attr if isinstance(call, ast.Attribute) else call.id
        for call in calls
        if isinstance(call, ast.Attribute | ast.Name)
    }


def _breaches(path: Path) -> list[str]:
    words = [f"{path} writes: {found[0]}" for found in _WRITES.finditer(text(path))]
    words += [f"{path} looks at a clock: {found[0]}" for found in _CLOCKS.finditer(text(path)) if str(path) != _ALIVE]
    words += [f"{path} imports {name}" for name in _imports(path) if name.startswith(_FLOORS)]
    return words + [f"{path} calls {name}" for name in _methods(path) & set(_CONNECTS)]


def test_queries_read_with_the_connection_that_they_are_given():
    assert len(_QUERIES) >= 40
    assert [breach for path in _QUERIES for breach in _breaches(path)] == []


def _asks(path: Path) -> list[str]:
    names = _methods(path) & {"execute", "scalar", "scalars", "text"} | _imports(path) & {"psycopg"}
    return [f"{path}: {name}" for name in sorted(names)]


def test_pages_and_endpoints_leave_asking_the_database_to_queries_and_services():
    views = [path for path in files(".py") if path.parts[:2] in (("portal", "blueprints"), ("portal", "api"))]
    assert len(views) >= 40
    assert [breach for path in views for breach in _asks(path)] == []


def test_a_page_with_a_statement_of_its_own_would_be_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.architecture.test_data_access.text", lambda _: "here.marts.execute(text('select 1'))")
    assert _asks(Path("x.py")) == ["x.py: execute", "x.py: text"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("X = 'insert into portal.t values (1)'", "writes"),
        ("X = 'update portal.t set a = 1'", "writes"),
        ("X = 'select current_date'", "a clock"),
        ("import datetime\nX = datetime.date.today()", "a clock"),
        ("from flask import request", "imports flask"),
        ("from warehouse.engine import engine\nX = engine('portal').connect()", "calls connect"),
    ],
)
def test_a_breach_would_be_noticed(source: str, said: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.architecture.test_data_access.text", lambda _: source)
    assert any(said in breach for breach in _breaches(Path("x.py")))


def test_every_module_of_analytics_has_a_unit_test():
    """Known inputs, known outputs, no database and no page: each module is imported by a test that needs neither."""
    tests = {name for path in files(".py") if path.parts[:3] == ("tests", "unit", "portal") for name in _names(path)}
    assert [str(path) for path in _ANALYTICS if ".".join(path.with_suffix("").parts) not in tests] == []


def _names(path: Path) -> set[str]:
    found = _imports(path)
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found
