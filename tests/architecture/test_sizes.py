"""No file and no function outgrows what one reads at a sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.project import files, is_test, text

MODULE, FUNCTION, MODEL, YAML, TEMPLATE, TEST_MODULE, SCRIPT = 300, 60, 150, 300, 150, 350, 100


def _limit(path: Path) -> int | None:
    if path.suffix == ".py":
        return TEST_MODULE if is_test(path) else MODULE
    if path.suffix == ".sql":
        return MODEL if path.parts[0] == "dbt_project" else None
    if path.parts[0] == "scripts" and not path.suffix:
        return SCRIPT
    return {".yml": YAML, ".yaml": YAML, ".html": TEMPLATE}.get(path.suffix)


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_the_walk_finds_the_floors():
    assert {"pipeline", "portal", "warehouse", "scripts", "tests", "dbt_project"} <= {path.parts[0] for path in files()}


def test_no_file_is_too_long():
    sizes = {path: len(text(path).splitlines()) for path in files() if _limit(path)}
    assert len(sizes) > 100
    assert not [f"{path}: {lines} lines" for path, lines in sizes.items() if lines > (_limit(path) or 0)]


def test_no_function_is_too_long():
    long = [
        f"{path}: {name} has {lines} lines"
        for path in files(".py")
        for name, lines in _functions(path)
        if lines > FUNCTION
    ]
    assert not long


@pytest.mark.parametrize(("lines", "counted"), [(2, 2), (61, 61)])
def test_functions_are_measured_whole(lines: int, counted: int, monkeypatch: pytest.MonkeyPatch):
    source = "def f():\n" + "    pass\n" * (lines - 1)
    monkeypatch.setattr("tests.architecture.test_sizes.text", lambda path: source)
    assert list(_functions(Path("any.py"))) == [("f", counted)]
