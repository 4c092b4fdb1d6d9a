"""docs/requirements*: every row is complete, and the tests and files that it names exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, text

DOCUMENTS = sorted((ROOT / "docs" / "requirements").glob("*.md"))
_NODE = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_UNIT = re.compile(r"`(dbt_project/[\w/.]+)(?:::(\w+))?`")
_PATH = re.compile(
    r"`((?:pipeline|portal|warehouse|dbt_project|scripts|docs|deploy)/[\w./-]+|[\w-]+\.(?:py|yml|md)|\.env\.example)`"
)


def rows_of(document: Path, width: int) -> list[tuple[str, ...]]:
    """Return the rows of the tables of a document that have ``width`` columns, without their headings."""
    found: list[tuple[str, ...]] = []
    for line in document.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == width and cells[0] not in ("Id", "Threat", "---"):
            found.append(tuple(cells))
    return found


def rows(document: Path) -> list[tuple[str, ...]]:
    """Return the rows of the tables of a document: id, requirement, where met, test."""
    return rows_of(document, 4)


@cache
def functions(path: Path) -> frozenset[str]:
    """Return the names of the test functions of a module."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_there_is_a_document_for_each_of_the_five_requests():
    assert len(DOCUMENTS) == 5
    index = text(Path("docs/requirements.md"))
    assert not [document.name for document in DOCUMENTS if f"requirements/{document.name}" not in index]


def test_the_index_counts_what_there_is_and_what_is_open():
    index = text(Path("docs/requirements.md"))
    for document in DOCUMENTS:
        found = rows(document)
        still_open = sum(1 for row in found if row[3] == "open")
        assert f"requirements/{document.name}) | {len(found)} | {still_open} |" in index, (document.name, still_open)


def test_ids_are_unique():
    ids = [row[0] for document in DOCUMENTS for row in rows(document)]
    assert len(ids) > 400
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_row_is_met_with_a_test_or_open(document: Path):
    for number, requirement, where, test in rows(document):
        assert requirement, number
        if test == "open":
            continue
        assert where, f"{number}: a test, but nowhere met"
        assert _NODE.search(test) or _UNIT.search(test), f"{number}: {test!r} names no test"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_named_test_exists(document: Path):
    missing = []
    for number, _, _, test in rows(document):
        for path, name in _NODE.findall(test):
            if not (ROOT / path).exists() or (name and name not in functions(Path(path))):
                missing.append(f"{number}: {path}::{name}")
        for path, name in _UNIT.findall(test):
            if not (ROOT / path).exists() or (name and f"- name: {name}\n" not in text(Path(path))):
                missing.append(f"{number}: {path}::{name}")
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_named_place_exists(document: Path):
    named = [(row[0], path) for row in rows(document) for path in _PATH.findall(row[2])]
    assert not [f"{number}: {path}" for number, path in named if not (ROOT / path).exists()]
