"""The embedded server: reachable with its password from this machine only, never root's, whole after a kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import psycopg
import pytest

from warehouse import embedded


def _scalar(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]


def test_it_listens_on_the_loopback_only_and_wants_its_password(server: str) -> None:
    assert _scalar(server, "show listen_addresses") == "127.0.0.1"
    assert _scalar(server, "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'") == 0
    without = psycopg.conninfo.make_conninfo(server, password="wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(without)


def test_it_does_not_depend_on_the_machine(server: str) -> None:
    assert _scalar(server, "show timezone") == "UTC"
    query = "select datlocprovider::text || ':' || datlocale from pg_database where datname = current_database()"
    assert _scalar(server, query) == "b:C.UTF-8"


def test_it_never_runs_as_root_and_its_files_are_its_own(server: str) -> None:
    place = embedded.cluster()
    assert place.data.stat().st_uid != 0
    assert place.data.stat().st_mode & 0o077 == 0
    assert place.connection_file.stat().st_mode & 0o077 == 0


def test_starting_twice_is_the_same_server(server: str) -> None:
    assert embedded.start() == server
    assert embedded.is_running()


def test_after_a_kill_it_starts_again_with_everything_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))
    url = embedded.start()
    try:
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 42 as answer")
        postmaster = int((embedded.cluster().data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        children = map(int, subprocess.check_output(["pgrep", "-P", str(postmaster)], text=True).split())
        for pid in (postmaster, *children):
            os.kill(pid, signal.SIGKILL)
        assert _scalar(embedded.start(), "select answer from kept") == 42
    finally:
        embedded.stop()
    assert not embedded.is_running()
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", int(url.rsplit(":", 1)[1].split("/")[0])))


def test_without_a_server_the_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path / "nothing"))
    with pytest.raises(embedded.EmbeddedServerError, match="set DATABASE_URL"):
        embedded.running_url()


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))
    first = embedded.start()
    try:
        embedded.stop()
        with socket.socket() as thief:
            # Connections of the server that has just gone may linger on its port.
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            thief.bind(("127.0.0.1", int(first.rsplit(":", 1)[1].split("/")[0])))
            thief.listen()
            second = embedded.start()
        assert second != first
        assert _scalar(second, "select 1") == 1
    finally:
        embedded.stop()


def test_a_set_up_that_was_cut_off_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))
    embedded.start()
    try:
        # The last thing that a set-up writes is missing; its server still runs.
        embedded.cluster().connection_file.unlink()
        assert _scalar(embedded.start(), "select current_database()") == "daybook"
    finally:
        embedded.stop()
