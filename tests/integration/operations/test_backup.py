"""Backups on a real server: complete, sealed, verified by restoring; a failure leaves older ones whole."""

from __future__ import annotations

import hashlib
import json
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.operations.support import ask, backed_up, command, databases, digests, do, refused
from warehouse.backup import contents
from warehouse.backup.sealed import SealedWriter, chunks, open_sealed
from warehouse.settings import load_backup_keys

pytestmark = pytest.mark.usefixtures("warehouse")


def content(path: Path) -> str:
    """Checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """The system takes no more than ``size`` bytes for a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_backup_holds_every_table_and_tells_nothing(folder: Path) -> None:
    do("create schema candidate")
    do("create table candidate.half_built as select 1 as id")
    do("create unlogged table landing.stage as select 1 as id")
    path = backed_up()
    assert path.stat().st_mode & 0o077 == 0 and path.parent == folder
    manifest = open_sealed(path, load_backup_keys()).manifest
    there = digests()
    del there["portal.audit_log"]  # it has a record more: of the backup
    assert {name: manifest["tables"][name] for name in there} == there
    assert set(manifest["tables"]) - set(there) == {"portal.audit_log"}
    assert {"raw.invoices", "phi.patients", "marts_b1.fct_invoices", "ops.builds"} < set(there)
    assert manifest["live_build"] == [1, "2026-03-10"]
    last = ask("select id, encode(hash, 'hex') from portal.audit_log order by id desc offset 1 limit 1")
    assert manifest["audit_head"] == list(last[0])
    assert ask("select action, resource_id from portal.audit_log order by id desc limit 1") == [("backup", path.name)]
    assert re.fullmatch(r"daybook-\d{8}T\d{6}Z-[a-z-]+\.backup", path.name)
    whole = path.read_bytes()
    assert manifest["sha256"] == hashlib.sha256(whole[: open_sealed(path, load_backup_keys()).body_end]).hexdigest()
    for secret in (b"Nightingale", b"ada@example.org", b"PGDMP"):
        assert secret not in whole
    assert not any(name in json.dumps(manifest) for name in ("Nightingale", "P1", "example.org", "I1"))


def test_a_backup_is_smaller_than_what_it_holds() -> None:
    do("create table landing.long as select repeat('Daybook ', 1000) as words from generate_series(1, 1000)")
    assert backed_up().stat().st_size < 1_000_000  # of eight million bytes more than without it


def test_a_build_that_is_dropped_meanwhile_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    do("create schema marts_b0")
    do("create table marts_b0.dim as select 1 as id")
    read = contents.tables

    def publish_and_read(connection: psycopg.Connection[Any]) -> dict[str, Any]:
        do("drop schema if exists marts_b0 cascade")
        return read(connection)

    monkeypatch.setattr(contents, "tables", publish_and_read)
    path = backed_up()
    assert "marts_b0.dim" not in open_sealed(path, load_backup_keys()).manifest["tables"]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_backup_is_verified_by_restoring_it() -> None:
    path = backed_up()
    before = databases()
    found = command("backup", "verify", path.name).output
    assert found.startswith(f"{path.name} can be restored: ") and "all checksums equal" in found
    assert databases() == before
    listed = json.loads(command("backup", "list", "--json").output)
    sealed = open_sealed(path, load_backup_keys())
    assert [one["file"] for one in listed] == [path.name]
    assert (
        listed[0]["sha256"]
        == sealed.manifest["sha256"]
        == hashlib.sha256(path.read_bytes()[: sealed.body_end]).hexdigest()
    )
    assert listed[0]["bytes"] == path.stat().st_size and listed[0]["build"] == 1


def test_a_copy_that_differs_in_one_value_is_found_out(folder: Path) -> None:
    path = backed_up()
    sealed = open_sealed(path, load_backup_keys())
    manifest = json.loads(json.dumps(sealed.manifest))
    manifest["tables"]["raw.invoices"][1] = str(int(manifest["tables"]["raw.invoices"][1]) + 1)
    other = folder / "other.backup"
    with other.open("wb") as file:
        writer = SealedWriter(file, load_backup_keys()[0])
        for chunk in chunks(sealed, load_backup_keys()):
            writer.write(chunk)
        writer.finish(manifest)
    assert "1 tables differ (raw.invoices)" in refused("backup", "verify", str(other))


def test_a_full_disk_leaves_older_backups_whole(folder: Path) -> None:
    older = backed_up()
    before = content(older)
    with full_disk(64 * 1024):
        message = refused("backup", "create")
    assert "File too large" in message and "Older backups are whole" in message
    assert content(older) == before
    assert list(folder.iterdir()) == [older]


def test_a_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("DAYBOOK_BACKUPS", str(tmp_path / "file" / "backups"))
    message = refused("backup", "create")
    assert f"{tmp_path}/file/backups" in message and "DAYBOOK_BACKUPS" in message


def test_a_nightly_backup_that_fails_alerts(received: list[dict[str, str]], folder: Path) -> None:
    folder.write_text("no folder", encoding="utf-8")
    refused("backup", "create")
    assert received == []
    message = refused("backup", "create", "--reason", "daily")
    assert [one["title"] for one in received] == ["Daybook: no backup"] and message in received[0]["message"]


def test_old_backups_are_pruned_and_one_a_month_stays(folder: Path) -> None:
    path = backed_up()
    for day in ("20200105", "20200131", "20200201"):
        (folder / f"daybook-{day}T020000Z-daily.backup").write_bytes(path.read_bytes())
    (folder / "daybook-20200102T020000Z-daily.backup").write_bytes(b"DAYBOOK")
    (folder / "daybook-20200103T020000Z-daily.99999999.partial").write_bytes(b"DAYBOOK")
    done = command("backup", "prune")
    assert done.output == "Deleted daybook-20200105T020000Z-daily.backup.\n1 backups deleted.\n"
    assert "daybook-20200102T020000Z-daily.backup cannot be read and was left alone" in done.error
    assert sorted(one.name for one in folder.iterdir()) == [
        "daybook-20200102T020000Z-daily.backup",
        "daybook-20200131T020000Z-daily.backup",
        "daybook-20200201T020000Z-daily.backup",
        path.name,
    ]
    (record,) = ask("select details from portal.audit_log where action = 'backup_prune'")
    assert record[0] == {"deleted": ["daybook-20200105T020000Z-daily.backup"]}
    assert command("backup", "prune").output == "0 backups deleted.\n"
