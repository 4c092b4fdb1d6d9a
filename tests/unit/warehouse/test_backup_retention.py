"""Which backups stay, and what the settings about them may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.backup.retention import expendable
from warehouse.backup.store import Stored
from warehouse.settings import SettingsError, load_backup_keys, whole_number

_NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)


def daily(days: int) -> list[Stored]:
    """A backup of 02:00 of each of the last ``days`` days."""
    return [Stored(Path(f"{age}"), _NOW - timedelta(days=age), 1, None) for age in range(days)]


def kept(files: list[Stored], keep_days: int = 30, keep_months: int | None = None) -> list[str]:
    """Days whose backup stays, oldest first."""
    gone = expendable(files, _NOW, keep_days, keep_months)
    return sorted(f"{one.created:%Y-%m-%d}" for one in files if one not in gone)


def test_thirty_days_stay_and_the_newest_of_each_month() -> None:
    days = kept(daily(100))
    assert days[:3] == ["2025-12-31", "2026-01-31", "2026-02-08"]
    assert len(days) == 2 + 31


def test_months_may_be_limited() -> None:
    assert kept(daily(100), keep_months=3)[0] == "2026-01-31"
    assert kept(daily(100), keep_days=1, keep_months=1) == ["2026-03-09", "2026-03-10"]


@given(st.lists(st.integers(0, 1000), max_size=60), st.integers(1, 60))
def test_every_month_keeps_one_and_pruning_again_deletes_nothing(ages: list[int], keep_days: int) -> None:
    files = [Stored(Path(f"{n}-{age}"), _NOW - timedelta(days=age), 1, None) for n, age in enumerate(ages)]
    gone = expendable(files, _NOW, keep_days, None)
    left = [one for one in files if one not in gone]
    assert {f"{one.created:%Y-%m}" for one in left} == {f"{one.created:%Y-%m}" for one in files}
    assert all(one.created < _NOW - timedelta(days=keep_days) for one in gone)
    assert expendable(left, _NOW, keep_days, None) == []


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "٣", "99999999"])
def test_a_period_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DAYBOOK_BACKUP_DAYS", text)
    with pytest.raises(SettingsError, match="DAYBOOK_BACKUP_DAYS"):
        whole_number("DAYBOOK_BACKUP_DAYS", 30, at_least=1)


@pytest.mark.parametrize(("text", "number"), [("", 30), ("7", 7), ("all", None)])
def test_a_period_has_a_default_and_may_have_no_end(
    monkeypatch: pytest.MonkeyPatch, text: str, number: int | None
) -> None:
    monkeypatch.setenv("DAYBOOK_BACKUP_DAYS", text)
    assert whole_number("DAYBOOK_BACKUP_DAYS", 30, at_least=1) == number


def test_keys_are_generated_for_trying_out_and_demanded_in_production(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))
    monkeypatch.delenv("DAYBOOK_BACKUP_KEYS", raising=False)
    assert load_backup_keys() == load_backup_keys()
    assert (tmp_path / "backup-keys.json").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("DAYBOOK_ENV", "production")
    with pytest.raises(SettingsError, match="DAYBOOK_BACKUP_KEYS not set"):
        load_backup_keys()
    monkeypatch.setenv("DAYBOOK_BACKUP_KEYS", "c2hvcnQ=")
    with pytest.raises(SettingsError, match="no key"):
        load_backup_keys()
