"""docs/security.md and docs/asvs.md: every threat and every rule has what holds, and the tests that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.project import ROOT
from tests.architecture.test_requirements import functions, rows_of

PAGE, RULES = ROOT / "docs" / "security.md", ROOT / "docs" / "asvs.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_ITEM = re.compile(r"\d{1,2}\.\d{1,2}(\.\d{1,2})?")


def _assert_named(what: str, tests: str) -> None:
    named = _TEST.findall(tests)
    assert named, f"{what}: {tests!r} names no test"
    for path, function in named:
        assert (ROOT / path).is_file(), path
        assert not function or function in functions(Path(path)), f"{path}::{function}"


def test_every_threat_names_tests_that_exist():
    threats = rows_of(PAGE, 3)
    assert len(threats) >= 30
    for threat, holds, tests in threats:
        assert threat and holds
        _assert_named(threat, tests)


def test_every_rule_that_holds_names_tests_that_exist():
    rules = [row for row in rows_of(RULES, 4) if row[0] != "Item"]
    assert len(rules) >= 100
    for items, asked, holds, tests in rules:
        assert _ITEM.match(items) and asked and holds
        _assert_named(items, tests)


def test_what_does_not_hold_or_apply_says_why():
    reasons = [row for row in (*rows_of(RULES, 3), *rows_of(RULES, 2)) if row[0] not in ("Item", "Items")]
    assert len(reasons) >= 20
    assert all(all(cells) for cells in reasons)
