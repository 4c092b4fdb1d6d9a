"""The examples of deployment name what is there: commands, schedule, settings."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from pipeline.cli import main
from tests.architecture.project import ROOT, files, text

UNITS = [path for path in files(".service") if path.parts[0] == "deploy"]
TIMERS = [path for path in files(".timer") if path.parts[0] == "deploy"]
_JOB = re.compile(r"((?:\S+ ){4}\S+)  daybook  set -a; \. /etc/daybook/daybook\.env; cd /opt/daybook && (.+)")
_SCHEDULE = {
    "etl": ("0 */4 * * *", "*-*-* 00/4:00:00"),
    "backup": ("0 2 * * *", "*-*-* 02:00:00"),
    "purge": ("30 3 1 * *", "*-*-01 03:30:00"),
}


def values(path: Path, key: str) -> list[str]:
    """Values of a key of a systemd unit."""
    return [line.split("=", 1)[1] for line in text(path).splitlines() if line.startswith(f"{key}=")]


def jobs() -> dict[str, tuple[str, list[str]]]:
    """Name of a job of the crontab (that of its log) → when, and its commands."""
    found = {}
    for line in text(Path("deploy/crontab")).splitlines():
        if match := re.fullmatch(
            r"((?:\S+ ){4}\S+)  daybook  set -a; \. /etc/daybook/daybook\.env; cd /opt/daybook && (.+)", line
        ):
            commands = [part.split(" >>")[0] for part in match[2].split(" && ")]
            (log,) = set(re.findall(r">>/var/log/daybook/(\w+)\.log 2>&1", match[2]))
            found[log] = (match[1], commands)
    return found


def accepts(command: str) -> bool:
    """Whether a command line is one of the project's: its file is there, and ``etl.py`` knows command and options."""
    words = [word.removeprefix("/opt/daybook/") for word in shlex.split(command)]
    if "gunicorn" in words:
        return words[-1] == "portal:create_app()"
    (named,) = [word for word in words if re.fullmatch(r"scripts/\w+|\w+\.py", word)]
    if named == "etl.py":
        group, arguments = main, words[words.index(named) + 1 :]
        while arguments and isinstance(group, click.Group):
            name, found, arguments = group.resolve_command(click.Context(group), arguments)
            if not isinstance(found, click.Group):
                found.make_context(name, list(arguments))  # raises for an option that is not there
                return True
            group = found
        return group is main
    return (ROOT / named).exists()


def test_cron_and_systemd_do_the_same_at_the_same_time():
    found = jobs()
    assert set(found) == set(_SCHEDULE) == {path.stem.removeprefix("daybook-") for path in TIMERS}
    for name, (cron, calendar) in _SCHEDULE.items():
        assert found[name][0] == cron
        assert values(Path(f"deploy/daybook-{name}.timer"), "OnCalendar") == [calendar]
        started = values(Path(f"deploy/daybook-{name}.service"), "ExecStart")
        assert [command.removeprefix("/opt/daybook/") for command in started] == found[name][1]


def test_the_schedule_is_every_four_hours():
    assert jobs()["etl"] == ("0 */4 * * *", [".venv/bin/python etl.py"])


def test_the_backup_is_made_at_two_and_the_purge_every_month():
    assert jobs()["backup"] == (
        "0 2 * * *",
        [".venv/bin/python etl.py backup create --reason daily", ".venv/bin/python etl.py backup prune"],
    )
    assert jobs()["purge"][0] == "30 3 1 * *"


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_commands_of_the_project(unit: Path):
    commands = values(unit, "ExecStart") + values(unit, "ExecStartPre")
    assert commands
    assert [command for command in commands if not accepts(command)] == []


@pytest.mark.parametrize("words", ["etl.py backup creat", "etl.py backup create --why x", "etl.py backups"])
def test_a_command_that_is_none_would_be_noticed(words: str):
    with pytest.raises(click.UsageError, match="No such"):
        accepts(f"/opt/daybook/.venv/bin/python {words}")
    assert not accepts("/opt/daybook/scripts/sreve --port 8000")


def test_there_is_a_unit_for_the_portal_and_one_for_the_worker():
    names = {path.stem for path in UNITS}
    assert names == {"daybook", "daybook-portal", "daybook-worker"} | {f"daybook-{name}" for name in _SCHEDULE}
    for name in ("daybook-portal", "daybook-worker"):
        assert values(Path(f"deploy/{name}.service"), "Conflicts") == ["daybook.service"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_has_few_rights(unit: Path):
    assert values(unit, "User") == ["daybook"]
    assert values(unit, "NoNewPrivileges") == ["true"]
    assert values(unit, "ProtectSystem") == ["strict"]


def test_a_run_in_progress_is_no_failure_to_systemd():
    assert values(Path("deploy/daybook-etl.service"), "SuccessExitStatus") == ["75"]
