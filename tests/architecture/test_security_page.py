"""docs/security.md: every threat has what holds against it, and the tests that it names exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.project import ROOT
from tests.architecture.test_requirements import functions, rows_of

PAGE = ROOT / "docs" / "security.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def test_every_threat_names_tests_that_exist():
    threats = rows_of(PAGE, 3)
    assert len(threats) >= 30
    for threat, holds, tests in threats:
        assert threat and holds
        named = _TEST.findall(tests)
        assert named, f"{threat}: {tests!r} names no test"
        for path, function in named:
            assert (ROOT / path).is_file(), path
            assert not function or function in functions(Path(path)), f"{path}::{function}"
