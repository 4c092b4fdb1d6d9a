"""docs/money-cases.md: every rule of money is there, in order, with tests that exist or the word that it is not built yet."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.project import ROOT, text
from tests.architecture.test_requirements import functions

_PAGE = Path("docs/money-cases.md")
_ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
_PYTHON = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_DBT_UNIT = re.compile(r"`(dbt_project/[\w/]+\.yml)::(\w+)`")
_DBT_DATA = re.compile(r"`(dbt_project/tests/\w+\.sql)`")
_OPEN = "*not built yet*"


def _rows() -> list[tuple[int, str, str]]:
    return [(int(number), rule, tests) for number, rule, tests in _ROW.findall(text(_PAGE))]


def test_the_rules_are_numbered_from_1_to_29():
    assert [number for number, _, _ in _rows()] == list(range(1, 30))


def test_every_rule_is_a_sentence_and_proven_or_not_built_yet():
    for number, rule, tests in _rows():
        assert rule[0].isupper() and rule.endswith("."), number
        proven = [*_PYTHON.findall(tests), *_DBT_UNIT.findall(tests), *_DBT_DATA.findall(tests)]
        assert proven or _OPEN in tests, f"rule {number} names no test"
        assert len(tests.split("<br>")) == len(proven) + (_OPEN in tests), f"rule {number}: something else is named"


def test_every_named_proof_exists():
    missing = []
    for number, _, tests in _rows():
        missing += [
            f"{number}: {path}::{name}"
            for path, name in _PYTHON.findall(tests)
            if not (ROOT / path).exists() or name not in functions(Path(path))
        ]
        missing += [
            f"{number}: {path}::{name}"
            for path, name in _DBT_UNIT.findall(tests)
            if not (ROOT / path).exists() or f"  - name: {name}\n" not in text(Path(path))
        ]
        missing += [f"{number}: {path}" for path in _DBT_DATA.findall(tests) if not (ROOT / path).exists()]
    assert not missing
