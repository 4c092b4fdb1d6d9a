"""Restoring on a real server: everything is as it was, what must not go back does not, and a refusal touches nothing."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pipeline.lock import run_lock
from tests.integration.operations.support import (
    ask,
    audit,
    backed_up,
    chain_length,
    command,
    databases,
    digests,
    do,
    people,
    refused,
    rights,
)  # fmt: skip
from tests.integration.pipeline.small_source import DAY, INVOICES, changed, write_source
from tests.integration.pipeline.support import outstanding, published, run
from warehouse import embedded
from warehouse.backup import restore as restoring
from warehouse.backup.sealed import SealedWriter, chunks, open_sealed
from warehouse.engine import connect
from warehouse.settings import load_backup_keys, load_secrets

pytestmark = pytest.mark.usefixtures("warehouse")
# What a restore adds or keeps: its own audit record, and newer ones.
_KEPT = {"portal.audit_log"}
_DATABASE = "select oid from pg_database where datname = current_database()"


def rewritten(path: Path, **values: Any) -> Path:
    """A genuine backup with another manifest."""
    sealed = open_sealed(path, load_backup_keys())
    other = path.with_name("rewritten.backup")
    with other.open("wb") as file:
        writer = SealedWriter(file, load_backup_keys()[0])
        for chunk in chunks(sealed, load_backup_keys()):
            writer.write(chunk)
        writer.finish(sealed.manifest | values)
    return other


def test_everything_is_as_it_was_and_the_portal_serves_at_once(tmp_path: Path) -> None:
    path = backed_up()
    before, then, live, open_then = digests(), rights(), published(), outstanding()
    run(write_source(tmp_path / "s", invoices=changed(INVOICES, "I1", total="500.00")), "2026-03-12")
    people("new@example.org")
    audit("late")
    newer, newer_live = digests(), published()
    assert newer_live != live
    done = command("backup", "restore", path.name, "--yes").output
    assert "goes back to" in done and "with build 1 of business date 2026-03-10 live." in done
    assert "Now it has build 2 of business date 2026-03-12 live." in done and "Runs undone: 1" in done
    assert "portal.users: 3 rows now, 2 in the backup." in done
    after = digests()
    assert {name: after[name] for name in before if name not in _KEPT} == {
        name: before[name] for name in before if name not in _KEPT
    }
    assert set(after) == set(before)
    assert rights() == then
    assert (published(), outstanding()) == (live, open_then)
    with connect("portal") as connection:
        connection.execute("select set_config('daybook.hospitals', 'H1', true)")
        seen = connection.execute("select distinct hospital_id from marts_b1.outstanding_payments").fetchall()
    assert seen == [("H1",)]
    # And back again, with the restore point.
    (back,) = [line.rsplit(" ", 1)[1] for line in done.splitlines() if line.startswith("To take this back: ")]
    command("backup", "restore", back, "--yes")
    after = digests()
    assert {name for name in newer if after[name] != newer[name]} == _KEPT
    assert published() == newer_live and chain_length() == ask("select count(*) from portal.audit_log")[0][0]


def test_what_must_not_go_back_does_not(tmp_path: Path) -> None:
    do("insert into portal.mails (user_id, kind, subject, body) select id, 'test', email, 'b' from portal.users")
    do("update portal.users set mf_recovery_codes = '{b,a,c}'")
    for name in ("switched off", "goes on"):
        do("insert into portal.export_schedules (user_id, name, entity_type, export_type, rhythm, next_due, created_at)"
           " select min(id), %s, 'kpis', 'csv', 'weekly', '2030-01-01', now() from portal.users", name)  # fmt: skip
    path = backed_up()
    do("update portal.export_schedules set ended_at = now() where name = 'switched off'")
    do("update portal.users set mf_recovery_codes = '{b,c}', fs_uniquifier = 'ended' where email = 'ada@example.org'")
    do("insert into portal.ended_sessions values (sha256('left'), now() + interval '1 hour')")
    do("update portal.mails set sent_at = now() where subject = 'ada@example.org'")
    run(write_source(tmp_path / "s"), DAY)
    audit("after", "after")
    do("update portal.api_tokens set revoked_at = now() where token_hash = %s", b"ada@example.org")
    do("update portal.users set active = false where email = 'bo@example.org'")
    command("hold", "--reason", "figures look odd")
    kept = ask("select id, hash from portal.audit_log order by id")
    number = ask("select last_value from ops.run_id_seq")
    done = command("backup", "restore", path.name, "--yes").output
    assert "3 newer audit records were kept" in done  # of the backup itself, and the two
    assert "Shut out since the backup, and still: bo@example.org." in done
    assert "API tokens revoked since the backup, and still: 1." in done
    log = ask("select id, hash from portal.audit_log order by id")
    assert log[:-1] == kept and chain_length() == len(kept) + 1
    (record,) = ask("select action, resource_id, details from portal.audit_log order by id desc limit 1")
    assert record[:2] == ("restore", path.name) and record[2]["audit_records_carried_over"] == 3
    assert ask("select count(*) from portal.api_tokens where revoked_at is not null") == [(1,)]
    assert ask("select email from portal.users where not active") == [("bo@example.org",)]
    codes = "select mf_recovery_codes, fs_uniquifier = 'ended' from portal.users order by email"
    assert ask(codes) == [(["b", "c"], True), (["b", "a", "c"], False)]
    assert ask("select session_hash = sha256('left') from portal.ended_sessions") == [(True,)]
    assert ask("select subject from portal.mails where sent_at is not null") == [("ada@example.org",)]
    assert ask("select name from portal.export_schedules where ended_at is not null") == [("switched off",)]
    assert ask("select held, reason from ops.publishing") == [(True, "figures look odd")]
    assert ask("select last_value from ops.run_id_seq") == number


def test_what_was_taken_from_somebody_is_not_given_back() -> None:
    do(
        "insert into portal.roles_users select u.id, r.id from portal.users u, portal.roles r where name ~ '^(viewer|accou)'"
    )
    do("insert into portal.user_hospitals select id, unnest(array['H1', 'H2']) from portal.users")
    do("insert into portal.user_providers select id, 'H1', unnest(array['D1', 'D2']) from portal.users")
    do(
        "update portal.users set password = 'known', tf_primary_method = 'authenticator', tf_totp_secret = 'of a lost phone'"
    )
    path = backed_up()
    do("update portal.users set password = 'new', tf_primary_method = null, tf_totp_secret = null where email ~ '^ada'")
    do(
        "insert into portal.roles_users select u.id, r.id from portal.users u, portal.roles r where r.name = 'super_admin'"
    )
    bo = "user_id = (select id from portal.users where email ~ '^bo')"
    do(
        f"delete from portal.roles_users where {bo} and role_id = (select id from portal.roles where name = 'accountant')"
    )
    do(f"delete from portal.user_hospitals where {bo} and hospital_id = 'H2'")
    do(f"delete from portal.user_providers where {bo} and provider_id = 'D2'")
    done = command("backup", "restore", path.name, "--yes").output
    has = (
        "select password, tf_totp_secret, array(select name from portal.roles_users x join portal.roles r on r.id = role_id"
        " where x.user_id = u.id order by 1), array(select hospital_id from portal.user_hospitals where user_id = u.id"
        " order by 1), array(select provider_id from portal.user_providers where user_id = u.id order by 1)"
        " from portal.users u order by email"
    )
    assert ask(has) == [
        ("new", None, ["accountant", "viewer"], ["H1", "H2"], ["D1", "D2"]),  # and nothing that was given since
        ("known", "of a lost phone", ["viewer"], ["H1"], ["D1"]),
    ]
    assert "without what was taken from them since" in done
    for sentence in (
        "Newer passwords stay: ada@example.org.",
        "Second factors stay as they are now: ada@example.org.",
        "Taken from bo@example.org since, and not given back: role accountant, hospital H2, provider D2 at H1.",
    ):
        assert sentence in done.splitlines()
    assert "Taken from ada" not in done and "Shut out" not in done
    kept = {"passwords": 1, "second_factors": 1, "shut_out": 0, "tokens": 0, "taken": 3}
    assert ask("select details -> 'kept' from portal.audit_log order by id desc limit 1") == [(kept,)]


def test_into_an_empty_database(server: str) -> None:
    path = backed_up()
    before = digests()
    do("create role analyst_of_h1 login password 'x'")
    try:
        do("grant daybook_analyst to analyst_of_h1")
        do("grant select on ops.builds to analyst_of_h1")
        path = backed_up()
        do("drop owned by analyst_of_h1")
    finally:
        do("drop role analyst_of_h1")
    for schema in {name.split(".")[0] for name in before} | {"marts", "landing"}:
        do(f"drop schema if exists {schema} cascade")
    do("create schema public")
    done = command("backup", "restore", str(path), "--yes").output
    assert "The database holds no warehouse yet: nothing is undone." in done
    assert "so that they cannot log in yet: analyst_of_h1." in done
    try:
        after = digests()
        assert {name for name in before if after[name] != before[name]} == _KEPT
        query = "select pg_has_role(%s, 'daybook_analyst', 'member'), has_table_privilege(%s, 'ops.builds', 'select')"
        assert ask(query, "analyst_of_h1", "analyst_of_h1") == [(True, True)]
    finally:
        do("drop owned by analyst_of_h1")
        do("drop role analyst_of_h1")


def test_on_a_new_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = backed_up()
    before, then, live = digests(), rights(), published()
    keys = load_secrets()
    monkeypatch.setenv("DAYBOOK_BACKUP_KEYS", base64.urlsafe_b64encode(load_backup_keys()[0]).decode())
    monkeypatch.setenv("DAYBOOK_AUDIT_KEY", keys.audit_key)
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL")
    try:
        assert "holds no warehouse yet" in command("backup", "restore", str(path), "--yes").output
        after = digests()
        assert {name for name in before if after[name] != before[name]} == _KEPT
        assert (rights(), published()) == (then, live)
        assert "The audit log is whole" in command("audit", "verify").output
    finally:
        embedded.stop()
        shutil.rmtree(embedded.cluster().folder, ignore_errors=True)


def test_another_history_of_accesses_is_kept_too() -> None:
    path = backed_up()
    count = ask("select count(*) from portal.audit_log")[0][0] - 1  # without the record of the backup
    do("delete from portal.audit_log")
    audit("began_anew", "and_again")
    assert "2 newer audit records were kept" in command("backup", "restore", path.name, "--yes").output
    tail = ask("select action, details, host(ip_address) from portal.audit_log where id > %s order by id", count)
    assert tail[:2] == [
        ("began_anew", {"carried_over_as": 1}, "10.0.0.1"),
        ("and_again", {"carried_over_as": 2}, "10.0.0.1"),
    ]
    assert chain_length() == count + 3


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ("cut", 1, "is incomplete"),
        ("flipped", 1, "its checksum is wrong"),
        ("other program", 1, "is no backup of Daybook"),
        ("other key", 1, "not in DAYBOOK_BACKUP_KEYS"),
        ("newer schema", 1, "was made by a newer Daybook (schema 9999)"),
        ("newer server", 1, "restore it to a newer one"),
        ("missing", 2, "There is no backup"),
        ("not asked", 2, "add --yes"),
    ],
)
def test_a_refusal_touches_nothing(change: str, code: int, words: str, folder: Path, monkeypatch: Any) -> None:
    path = backed_up()
    whole = path.read_bytes()
    bad = {"cut": whole[:-1000], "flipped": whole[:5000] + b"\0\0\0" + whole[5003:], "other program": b"PGDMP" + whole}
    path.write_bytes(bad.get(change, whole))
    if change == "newer schema":
        path = rewritten(path, revision="9999")
    if change == "newer server":
        path = rewritten(path, server_version=990000)
    if change == "missing":
        path = path.with_name("nowhere.backup")
    if change == "other key":
        monkeypatch.setenv("DAYBOOK_BACKUP_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    before = ask(_DATABASE), digests(), databases()
    yes = [] if change == "not asked" else ["--yes"]
    result = command("backup", "restore", str(path), *yes, code=code)
    assert words in result.error
    assert (ask(_DATABASE), digests(), databases()) == before
    assert not list(folder.glob("*before-restore*"))


def test_a_run_in_progress_is_waited_for() -> None:
    path = backed_up()
    with run_lock():
        assert "in progress" in refused("backup", "restore", path.name, "--yes", code=75)


def test_a_failure_at_the_last_moment_leaves_the_warehouse_open(monkeypatch: pytest.MonkeyPatch) -> None:
    path = backed_up()
    before = ask(_DATABASE), databases()
    reader = connect("portal")

    def fail(*_: Any) -> None:
        raise psycopg.errors.ObjectInUse("still in use")

    monkeypatch.setattr(restoring, "_change_names", fail)
    assert "still in use" in refused("backup", "restore", path.name, "--yes")
    assert (ask(_DATABASE), databases()) == before
    with pytest.raises(psycopg.OperationalError):
        reader.execute("select 1")
    monkeypatch.undo()


def test_after_a_kill_while_it_was_closed_a_restore_opens_it_again(server: str) -> None:
    path = backed_up()
    name = ask("select current_database()")[0][0]
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create database {name}_scratch_0badcafe")
        admin.execute(f"alter database {name} allow_connections false")
        with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
            connect("owner")
    assert command("backup", "restore", path.name, "--yes").code == 0
    assert not {one for one in databases() if "_scratch_" in one}
