"""``etl.py audit verify`` on a real log: every kind of tampering is found and named, and a purge is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.operations.support import ask, audit, backed_up, command, do, ended_run
from warehouse.settings import load_secrets

pytestmark = pytest.mark.usefixtures("log")


@pytest.fixture
def log(database: str, folder: Path) -> None:
    """Six records; a run that saw the fifth."""
    audit("one", "two", "three", "four", "five")
    ended_run(1)
    audit("six")


def problems() -> list[str]:
    """What the command says is wrong."""
    lines = command("audit", "verify", code=1).error.splitlines()
    return [line.removeprefix("etl.py: ") for line in lines]


def test_a_whole_log_is_whole() -> None:
    said = command("audit", "verify").output.splitlines()
    assert said[0] == "The audit log is whole: 6 records, compared with 1 heads noted elsewhere."
    (head,) = ask("select id || ':' || encode(hash, 'hex') from portal.audit_log order by id desc limit 1")[0]
    assert said[1] == f"Head: {head}"
    assert command("audit", "verify", "--head", head[:20]).code == 0


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            "update portal.audit_log set user_id = '2' where id = 2",
            ["Audit record 2 was changed, or was put in by somebody without the key."],
        ),
        ("delete from portal.audit_log where id = 1", ["Audit record 1 is missing."]),
        ("delete from portal.audit_log where id in (3, 4)", ["Audit records 3 to 4 are missing."]),
        ("delete from portal.audit_log where id > 3", ["Audit records 4 to 5 are cut off at the end: run 1 noted record 5."]),
        ("truncate portal.audit_log", ["Audit records 1 to 5 are cut off at the end: run 1 noted record 5."]),
        (
            "insert into portal.audit_log (id, timestamp, user_id, action, resource_type, outcome, prev_hash, hash)"
            " select 7, now(), '1', 'view', 'page', 'success', hash, 'forged' from portal.audit_log where id = 6",
            ["Audit record 7 was changed, or was put in by somebody without the key."],
        ),
        (
            "update portal.audit_log as a set hash = b.hash, prev_hash = b.prev_hash from portal.audit_log as b"
            " where a.id = 2 and b.id = 3",
            [
                "Audit record 2 does not follow the record before it: one of the two was replaced.",
                "Audit record 2 was changed, or was put in by somebody without the key.",
                "Audit record 3 does not follow the record before it: one of the two was replaced.",
            ],
        ),
        (
            "insert into portal.audit_anchors values (3, 'x', 3, now(), 'forged')",
            ["The note that audit records up to 3 were purged is not genuine."],
        ),
    ],
)  # fmt: skip
def test_tampering_is_named(damage: str, found: list[str]) -> None:
    do(damage)
    assert problems() == found


def test_a_tail_that_was_cut_off_shows_against_backups_and_alerts() -> None:
    path = backed_up()
    number, digest = ask("select id, encode(hash, 'hex') from portal.audit_log where id = 7")[0]
    do("delete from portal.audit_log where id > 5")
    assert problems() == [f"Audit record 6 is cut off at the end: backup {path.name} noted record 6."]
    path.unlink()
    assert command("audit", "verify").code == 0  # nobody saw what is gone …
    lines = command("audit", "verify", "--head", f"{number}:{digest[:16]}", code=1).error
    assert "Audit records 6 to 7 are cut off at the end: --head noted record 7." in lines  # … but the mailbox
    assert "is no head" in command("audit", "verify", "--head", "seven", code=2).error


def test_a_log_that_was_written_anew_with_the_key_shows_against_the_run() -> None:
    do("truncate portal.audit_log")
    audit(*"abcdefg")
    assert problems() == ["Audit record 5 is not the one that run 1 noted: the log was rewritten."]


def test_after_a_change_of_keys_both_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    old = load_secrets().audit_key
    monkeypatch.setenv("DAYBOOK_AUDIT_KEY", f"new,{old}")
    audit("seven")
    assert "7 records" in command("audit", "verify").output
    monkeypatch.setenv("DAYBOOK_AUDIT_KEY", "new")
    assert len(problems()) == 6
