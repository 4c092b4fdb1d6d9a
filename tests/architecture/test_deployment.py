"""The examples of deployment name what is there: commands, schedule, settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, files, text

UNITS = [path for path in files(".service") if path.parts[0] == "deploy"]


def values(path: Path, key: str) -> list[str]:
    """Values of a key of a systemd unit."""
    return [line.split("=", 1)[1] for line in text(path).splitlines() if line.startswith(f"{key}=")]


def test_the_schedule_is_every_four_hours():
    assert values(Path("deploy/daybook-etl.timer"), "OnCalendar") == ["*-*-* 00/4:00:00"]
    lines = [line for line in text(Path("deploy/crontab")).splitlines() if "etl.py" in line]
    assert len(lines) == 1
    assert lines[0].startswith("0 */4 * * *")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_of_the_project(unit: Path):
    (command,) = values(unit, "ExecStart")
    words = [word.removeprefix("/opt/daybook/") for word in command.split()]
    named = [word for word in words if re.fullmatch(r"scripts/\w+|\w+\.py", word)]
    assert named
    assert all((ROOT / name).exists() for name in named)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_has_few_rights(unit: Path):
    assert values(unit, "User") == ["daybook"]
    assert values(unit, "NoNewPrivileges") == ["true"]
    assert values(unit, "ProtectSystem") == ["strict"]


def test_a_run_in_progress_is_no_failure_to_systemd():
    assert values(Path("deploy/daybook-etl.service"), "SuccessExitStatus") == ["75"]
