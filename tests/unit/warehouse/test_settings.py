"""Keys of an installation: generated once for trying things out, never in production."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from warehouse.settings import SettingsError, load_secrets

_NAMES = (
    "DAYBOOK_SECRET_KEY",
    "DAYBOOK_PASSWORD_SALT",
    "DAYBOOK_AUDIT_KEY",
    "DAYBOOK_PHI_KEYS",
    "DAYBOOK_SEARCH_KEY",
)


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*_NAMES, "DAYBOOK_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path / "home"))


def test_keys_are_generated_once_and_for_their_owner_only(tmp_path: Path) -> None:
    first = load_secrets()
    assert load_secrets() == first
    assert (tmp_path / "home" / "secrets.json").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secrets.json"]


def _digest(_: int) -> str:
    return load_secrets().phi_keys[0]


def test_processes_that_start_at_once_agree() -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert len(set(pool.map(_digest, range(64), chunksize=1))) == 1


def test_production_takes_every_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_ENV", "production")
    for name in _NAMES[:-1]:
        monkeypatch.setenv(name, "x" * 43)
    with pytest.raises(SettingsError, match="DAYBOOK_SEARCH_KEY not set"):
        load_secrets()
    monkeypatch.setenv("DAYBOOK_SEARCH_KEY", "s" * 43)
    monkeypatch.setenv("DAYBOOK_PHI_KEYS", f"{'n' * 44},{'o' * 44}")
    assert load_secrets().phi_keys == ("n" * 44, "o" * 44)


@pytest.mark.parametrize("name", _NAMES)
def test_production_refuses_a_key_that_can_be_guessed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DAYBOOK_ENV", "production")
    for each in _NAMES:
        monkeypatch.setenv(each, "k" * 43)
    load_secrets()
    for short in ("change-me", "k" * 31, "k" * 43 + ",x"):
        monkeypatch.setenv(name, short)
        with pytest.raises(SettingsError, match=rf"{name} shorter than 32 characters"):
            load_secrets()
