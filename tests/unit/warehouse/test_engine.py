"""Addresses of the warehouse: what goes to another machine is encrypted."""

from __future__ import annotations

import pytest

from warehouse.engine import url_for
from warehouse.settings import SettingsError

_ELSEWHERE = "postgresql+psycopg://o:p@db.example.org/daybook"


def _mode(
    monkeypatch: pytest.MonkeyPatch, url: str, environment: str = "production", role: str = "owner", own: str = ""
) -> str | None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DAYBOOK_ENV", environment)
    for name in ("DAYBOOK_ETL_URL", "DAYBOOK_PORTAL_URL"):
        monkeypatch.setenv(name, own or url.replace("o:p@", "own:p@"))
    found = url_for(role).query.get("sslmode")
    assert not isinstance(found, tuple)
    return found


@pytest.mark.parametrize("role", ["owner", "etl", "portal"])
@pytest.mark.parametrize("environment", ["production", "development"])
def test_another_machine_is_spoken_to_encrypted(monkeypatch: pytest.MonkeyPatch, environment: str, role: str) -> None:
    assert _mode(monkeypatch, _ELSEWHERE, environment, role) == "require"
    assert _mode(monkeypatch, f"{_ELSEWHERE}?sslmode=verify-full", environment, role) == "verify-full"


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "none"])
def test_in_production_less_is_refused(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    with pytest.raises(
        SettingsError, match=f"sslmode={mode} and the database is on another machine: write sslmode=verify-full"
    ):
        _mode(monkeypatch, f"{_ELSEWHERE}?sslmode={mode}")
    assert _mode(monkeypatch, f"{_ELSEWHERE}?sslmode={mode}", "development") == mode


@pytest.mark.parametrize("name", ["DAYBOOK_ETL_URL", "DAYBOOK_PORTAL_URL"])
def test_a_login_of_its_own_goes_no_other_way(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} says sslmode=disable"):
        _mode(
            monkeypatch,
            "postgresql+psycopg://o:p@localhost/daybook",
            role=name.split("_")[1].lower(),
            own=f"{_ELSEWHERE}?sslmode=disable",
        )


@pytest.mark.parametrize("role", ["etl", "portal"])
@pytest.mark.parametrize("own", [None, "", "postgresql+psycopg://o:p@localhost/daybook"])
def test_in_production_the_owner_neither_runs_nor_serves(
    monkeypatch: pytest.MonkeyPatch, own: str | None, role: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://o:p@localhost/daybook")
    monkeypatch.delenv(name := f"DAYBOOK_{role.upper()}_URL", raising=False)
    if own is not None:
        monkeypatch.setenv(name, own)
    assert url_for(role).username == "o"
    monkeypatch.setenv("DAYBOOK_ENV", "production")
    with pytest.raises(SettingsError, match=f"{name} names no login of its own"):
        url_for(role)
    monkeypatch.setenv(name, "postgresql+psycopg://own:p@localhost/daybook")
    found = url_for(role)
    assert (found.username, str(found.query["options"]).split()[1]) == ("own", f"role=daybook_{role}")


@pytest.mark.parametrize("name", ["DATABASE_URL", "DAYBOOK_PORTAL_URL"])
@pytest.mark.parametrize(("url", "problem"), [("nonsense", "cannot be read"), ("sqlite:///x", "names 'sqlite'")])
def test_what_is_no_address_of_postgresql_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str, problem: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://o:p@localhost/daybook")
    monkeypatch.setenv(name, url)
    with pytest.raises(SettingsError, match=f"{name} {problem}"):
        url_for("portal")


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://o:p@localhost/d", "postgresql+psycopg://o:p@127.0.0.1:5433/d", "postgresql+psycopg://o:p@[::1]/d",
     "postgresql+psycopg:///d?host=/var/run/postgresql", "postgresql+psycopg:///d"],
)  # fmt: skip
def test_this_machine_needs_none(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert _mode(monkeypatch, url) is None


@pytest.mark.parametrize("host", ["localhost,db.example.org", "127.0.0.1.example.org", "db"])
def test_no_other_machine_passes_for_this_one(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert _mode(monkeypatch, f"postgresql+psycopg:///d?host={host}") == "require"
