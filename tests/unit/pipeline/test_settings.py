"""Settings of runs: sources as typed, thresholds as written."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.settings import (
    SourceConfig,
    configured_sources,
    history_days,
    parse_source,
    remember_sources,
    rereading,
    thresholds,
)


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("exports", 1, ("main", "exports")),
        ("exports", 2, ("source2", "exports")),
        ("east=/data/east", 1, ("east", "/data/east")),
        ("postgresql+psycopg://u:p@h/db?sslmode=require", 1, ("main", "postgresql+psycopg://u:p@h/db?sslmode=require")),
        ("his=mysql+pymysql://u:p@h/db?charset=utf8", 1, ("his", "mysql+pymysql://u:p@h/db?charset=utf8")),
        ("/data/a=b", 1, ("main", "/data/a=b")),
    ],
)
def test_a_source_may_carry_a_name(text: str, number: int, expected: tuple[str, str]) -> None:
    source = parse_source(text, None, number)
    assert (source.name, source.location) == expected


def test_configured_sources_are_read_back_as_they_were_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="give --source"):
        configured_sources()
    sources = [SourceConfig("east", "/data/é", "m.yml"), SourceConfig("west", "/data/w")]
    assert remember_sources(sources)
    assert configured_sources() == sources
    assert not remember_sources([SourceConfig("other", "/data/other")]), "a run by hand must not change what cron reads"
    assert configured_sources() == sources
    assert (tmp_path / "sources.yml").stat().st_mode & 0o077 == 0, "a database URL holds a password"


def test_a_remembered_folder_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path / "home"))
    (tmp_path / "exports").mkdir()
    monkeypatch.chdir(tmp_path)
    remember_sources([SourceConfig("main", "exports", "rcm_analytics"), SourceConfig("db", "sqlite:///his.db")])
    monkeypatch.chdir("/")
    assert configured_sources() == [
        SourceConfig("main", str(tmp_path / "exports"), "rcm_analytics"), SourceConfig("db", "sqlite:///his.db"),
    ]  # fmt: skip


def test_an_entry_with_an_unknown_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))
    (tmp_path / "sources.yml").write_text("- {name: a, path: /data}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"sources\.yml: each entry has name, location"):
        configured_sources()


def test_thresholds_come_from_a_file_of_the_operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = Path("pipeline/gates.yml").read_text(encoding="utf-8")
    file = tmp_path / "gates.yml"
    monkeypatch.setenv("DAYBOOK_GATES", str(file))
    file.write_text(shipped.replace("drop_rows_percent: 10.0", "drop_rows_percent: 2.5"), encoding="utf-8")
    assert thresholds().drop_rows_percent == Decimal("2.5")
    for change, message in (
        (("drop_rows_percent", "drop_percent"), "'drop_percent' is not a threshold"),
        (("drop_rows_percent: 10.0", ""), "'drop_rows_percent' is missing"),
        (("drop_rows_percent: 10.0", "drop_rows_percent: ten"), "every threshold is a number"),
        (("drop_rows_percent: 10.0", "drop_rows_percent: [1"), "not valid YAML"),
    ):
        file.write_text(shipped.replace(*change), encoding="utf-8")
        with pytest.raises(ConfigurationError, match=message):
            thresholds()
    file.unlink()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        thresholds()


def test_an_unnamed_source_takes_the_name_of_its_mapping_and_never_its_folders() -> None:
    assert parse_source("exports", "rcm_analytics").name == "rcm_analytics"
    assert parse_source("clinic=exports", "rcm_analytics").name == "clinic"
    assert parse_source("/data/exports", None).name == "main"


@pytest.mark.parametrize(("text", "days"), [(None, 365), ("", 365), ("1", 1), (" 730 ", 730), ("all", None)])
def test_payments_stay_in_sight_for_a_year_or_as_long_as_one_says(
    monkeypatch: pytest.MonkeyPatch, text: str | None, days: int | None
) -> None:
    monkeypatch.delenv("DAYBOOK_HISTORY_DAYS", raising=False)
    if text is not None:
        monkeypatch.setenv("DAYBOOK_HISTORY_DAYS", text)
    assert history_days() == days


@pytest.mark.parametrize("text", ["0", "-1", "36501", "a year", "365.5", "\u0663"])
def test_days_that_cannot_be_meant_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DAYBOOK_HISTORY_DAYS", text)
    with pytest.raises(ConfigurationError, match="DAYBOOK_HISTORY_DAYS"):
        history_days()


@pytest.mark.parametrize(
    ("text", "days", "runs", "due"),
    [
        (None, 0, 5, False),
        (None, 1, 0, True),
        ("7 days", 6, 99, False),
        ("7 days", 7, 0, True),
        ("3 runs", 9, 1, False),
        ("3 runs", 0, 2, True),
        ("1 run", 0, 0, True),
    ],
)
def test_keys_are_compared_by_days_or_by_runs(
    monkeypatch: pytest.MonkeyPatch, text: str | None, days: int, runs: int, due: bool
) -> None:
    monkeypatch.delenv("DAYBOOK_KEY_COMPARISON", raising=False)
    if text:
        monkeypatch.setenv("DAYBOOK_KEY_COMPARISON", text)
    # Half an hour before midnight; the next day is a day later although it is only minutes away.
    compared = datetime(2025, 7, 1, 23, 30, tzinfo=UTC)
    assert rereading().is_due(compared, runs, datetime(2025, 7, 1 + days, 23, 45, tzinfo=UTC)) is due
    assert rereading().is_due(compared, 0, datetime(2025, 7, 2, 0, 5, tzinfo=UTC)) is (text in (None, "1 run"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DAYBOOK_OVERLAP_HOURS", "-1"),
        ("DAYBOOK_OVERLAP_HOURS", "two"),
        ("DAYBOOK_OVERLAP_HOURS", "9999999"),
        ("DAYBOOK_KEY_COMPARISON", "0 days"),
        ("DAYBOOK_KEY_COMPARISON", "daily"),
    ],
)
def test_how_databases_are_reread_is_checked(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(ConfigurationError, match=name):
        rereading()
