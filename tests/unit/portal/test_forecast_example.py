"""docs/examples/forecast.py: the example runs as it stands, and its figures hang together."""

from __future__ import annotations

import runpy

import pytest

from tests.architecture.project import ROOT


def test_the_example_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    left = runpy.run_path(str(ROOT / "docs" / "examples" / "forecast.py"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "35 closed months, Feb 2023 to Dec 2025"  # January 2026 runs; the first month is left out
    assert [line.split()[0] for line in lines[1:7]] == ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
    assert all("80 %:" in line for line in lines[1:7])
    assert sum("of the error of the year before" in line for line in lines) == 8
    assert left["fewer"].total.amount < left["found"].total.amount
