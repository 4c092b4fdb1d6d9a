"""The runbooks, rehearsed: their commands as they stand there, in their order, on a real warehouse in that very trouble."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet

from pipeline import mails
from tests.architecture.project import ROOT
from tests.integration.operations.support import Ended, ask, command, do
from tests.integration.pipeline.receivers import MailServer
from tests.integration.pipeline.small_source import DAY, INVOICES, changed, write_source
from tests.integration.pipeline.support import outstanding, published
from warehouse import identity
from warehouse.settings import home, load_backup_keys, load_secrets

pytestmark = pytest.mark.usefixtures("warehouse")
_DISPUTE = """
  insert into portal.disputes (
    hospital_id, provider_id, finding, subject_key, case_date, currency, billed_before, paid_before, state, opened_by,
    opened_at, updated_at)
  select 'H1', 'D1', 'missing', repeat('0', 32), '2026-01-04', 'USD', 0, 0, 'sent', id, now(), now()
  from portal.users where email = 'ada@example.org'
"""
_BOOKS = ROOT / "docs" / "runbooks"
_COMMAND = re.compile(r"^ *python etl\.py (.+)$", re.MULTILINE)


class Book:
    """One runbook. Its commands are taken in their order; none may be left over."""

    def __init__(self, name: str) -> None:
        self.left = _COMMAND.findall((_BOOKS / f"{name}.md").read_text(encoding="utf-8"))

    def next(self, expected: str, *more: str, code: int = 0, **places: str) -> Ended:
        """Carry the next command out: ``expected``, with ``more`` arguments, and words in capitals replaced."""
        line = self.left.pop(0)
        assert line == expected
        words = [places.get(word, word) for word in shlex.split(line)]
        if words[0] in ("run", "validate"):
            more = ("--business-date", DAY, *more)
        return command(*words, *more, code=code)


@pytest.fixture
def source(tmp_path: Path, server: str) -> Iterator[Path]:
    """The configured source: what ``etl.py run`` reads without arguments."""
    folder = write_source(tmp_path / "source")
    path = home() / "sources.yml"
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(yaml.safe_dump([{"name": "main", "location": str(folder)}]), encoding="utf-8")
    yield folder
    path.write_text(before, encoding="utf-8") if before else path.unlink()


def file_of(ended: Ended) -> str:
    """Name of the backup that was made."""
    return Path(ended.output.split(":", 1)[0]).name


def test_every_runbook_is_on_the_list_and_rehearsed():
    books = {path.stem for path in _BOOKS.glob("*.md")} - {"README"}
    overview = (_BOOKS / "README.md").read_text(encoding="utf-8")
    assert {name for name in books if f"({name}.md)" in overview} == books
    assert (
        books
        == {name.removeprefix("test_").replace("_", "-") for name in globals() if name.startswith("test_")} & books
    )


def test_failed_run(source: Path):
    book, live = Book("failed-run"), published()
    (source / "payments.csv").rename(source / "late.csv.txt")
    assert "payments" in command("run", "--business-date", DAY, code=1).error
    assert "failed" in book.next("status").output
    (source / "late.csv.txt").rename(source / "payments.csv")
    assert "Nothing was written." in book.next("validate").output
    assert "Nothing changed" in book.next("run").output
    status = json.loads(book.next("status --json").output)
    assert status["runs"][0]["outcome"] == "unchanged" and status["builds"][0]["build"] == 1
    assert published() == live and not book.left


def test_gate_halted(source: Path):
    book, live, owed = Book("gate-halted"), published(), outstanding()
    write_source(source, invoices=[{**row, "status": "posted"} for row in INVOICES * 2])
    command("run", "--business-date", DAY, code=3)
    assert "stopped" in book.next("status").output and published() == live
    assert "invoices: 6 rejected" in book.next("validate").output
    write_source(source, invoices=changed(INVOICES, "I1", total="110.00"))
    assert "is published" in book.next("run").output
    assert outstanding() != owed
    live, more = published(), outstanding()
    write_source(source, invoices=changed(INVOICES[:1], "I1", total="110.00"))
    command("run", "--business-date", DAY, code=3)
    run = re.search(r"^│? *(\d+) ", command("status").output, re.MULTILINE)
    assert run
    accept = {"RUN": run[1], "NAME": "dropped_rows", "TEXT": "a clinic has left"}
    assert "past, no more than that" in book.next("accept RUN --gate NAME --reason TEXT", **accept).output
    assert "is published" in book.next("run").output
    assert len(outstanding()) == 1
    assert "is live again" in book.next("rollback").output
    assert (published(), outstanding()) == (live, more)
    write_source(source)
    assert "the next run publishes" in book.next("release").output
    assert "is published" in book.next("run").output
    assert outstanding() == owed and not book.left


def test_restore(source: Path, folder: Path):
    book, live = Book("restore"), published()
    made = file_of(command("backup", "create"))
    do("delete from portal.users")
    assert made in book.next("backup list").output
    assert "can be restored" in book.next("backup verify FILE", FILE=made).output
    assert "add --yes" in command("backup", "restore", made, code=2).error
    said = book.next("backup restore FILE", "--yes", FILE=made).output
    assert "portal.users: 0 rows now, 2 in the backup." in said
    assert (folder / said.strip().rsplit(" ", 1)[1]).exists()
    assert ask("select count(*) from portal.users") == [(2,)] and published() == live
    assert "The audit log is whole" in book.next("audit verify").output
    assert "Build 1 is live" in book.next("status").output
    assert "Nothing changed" in book.next("run").output
    assert not book.left


def test_disk_full(source: Path, folder: Path):
    book = Book("disk-full")
    path = folder / file_of(command("backup", "create"))
    for day in ("20200105", "20200131"):
        (folder / f"daybook-{day}T020000Z-daily.backup").write_bytes(path.read_bytes())
    assert "Build 1 is live" in book.next("status").output
    assert book.next("backup list").output.startswith("3 backups in ")
    assert "Deleted daybook-20200105T020000Z-daily.backup." in book.next("backup prune").output
    assert "Nothing was deleted." in book.next("purge --dry-run").output
    assert "Recorded in the audit log." in book.next("purge").output
    assert "Nothing changed" in book.next("run").output
    assert file_of(book.next("backup create")) in [one.name for one in folder.iterdir()]
    assert not book.left


def test_rotate_keys(monkeypatch: pytest.MonkeyPatch):
    book, old = Book("rotate-keys"), load_secrets()
    before = file_of(book.next("backup create"))
    new = Fernet.generate_key().decode()
    monkeypatch.setenv("DAYBOOK_PHI_KEYS", ",".join((new, *old.phi_keys)))
    monkeypatch.setenv("DAYBOOK_AUDIT_KEY", ",".join(("new", *old.audit_keys)))
    monkeypatch.setenv("DAYBOOK_SEARCH_KEY", "another")
    ring = ",".join((Fernet.generate_key().decode(), _text(load_backup_keys()[0])))
    monkeypatch.setenv("DAYBOOK_BACKUP_KEYS", ring)
    noted = identity.encrypt({"note": "Ms. Nightingale called"}, old.phi_keys)
    do(_DISPUTE)
    do("insert into portal.dispute_steps (dispute_id, hospital_id, kind, on_date, note, made_by, made_at)"
       " select d.id, 'H1', 'sent', '2026-01-05', %s, opened_by, now() from portal.disputes as d", noted)  # fmt: skip
    assert "2 patients" in book.next("keys rotate").output
    ((note,),) = ask("select note from portal.dispute_steps")
    assert identity.decrypt(note, [new]) == {"note": "Ms. Nightingale called"}
    sealed = dict(ask("select patient_id, fields from phi.patients"))
    assert identity.decrypt(sealed["P1"], [new])["last_name"] == "Nightingale"
    find = "select patient_id from phi.search_tokens where token = %s"
    assert ask(find, identity.query_token("name", "Nighting", "another")) == [("P1",)]
    assert ask(find, identity.query_token("name", "Nighting", old.search_key)) == []
    assert "The audit log is whole" in book.next("audit verify").output
    made = file_of(book.next("backup create"))
    assert "can be restored" in book.next("backup verify FILE", FILE=made).output
    assert "can be restored" in command("backup", "verify", before).output
    assert not book.left
    # Without the key that it was encrypted with, nothing is changed.
    monkeypatch.setenv("DAYBOOK_PHI_KEYS", Fernet.generate_key().decode())
    assert "Nothing was changed" in command("keys", "rotate", code=2).error
    assert dict(ask("select patient_id, fields from phi.patients")) == sealed
    assert ask(find, identity.query_token("name", "Nighting", "another")) == [("P1",)]


def test_no_key_is_rotated_unrecorded(monkeypatch: pytest.MonkeyPatch):
    sealed = ask("select fields from phi.patients order by 1")
    monkeypatch.setenv("DAYBOOK_PHI_KEYS", ",".join((Fernet.generate_key().decode(), *load_secrets().phi_keys)))
    do("alter table portal.audit_log add constraint full_disk check (action <> 'keys_rotated')")
    assert "could not be recorded" in command("keys", "rotate", code=1).error
    assert ask("select fields from phi.patients order by 1") == sealed
    do("alter table portal.audit_log drop constraint full_disk")
    assert "2 patients" in command("keys", "rotate").output
    assert not set(ask("select fields from phi.patients")) & set(sealed)
    assert ask("select count(*) from portal.audit_log where action = 'keys_rotated'") == [(1,)]


def test_month_end(source: Path, folder: Path):
    book = Book("month-end")
    assert "Nothing changed" in book.next("run").output
    status = json.loads(book.next("status --json").output)
    assert status["builds"][0]["business_dates"]["H1"] >= "2026-02-01"
    closed = book.next("close --hospital HOSPITAL --month MONTH", HOSPITAL="H1", MONTH="2026-01").output
    assert "2026-01 is closed for H1 with the figures of build 1" in closed
    made = file_of(book.next("backup create"))
    assert "can be restored" in book.next("backup verify FILE", FILE=made).output
    assert "is published" in book.next("run").output
    assert ask("select distinct month::text from marts.fct_closed_periods where hospital_id = 'H1'") == [
        ("2026-01-01",)
    ]
    assert not book.left


def _text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def test_mails(monkeypatch: pytest.MonkeyPatch):
    book, post = Book("mails"), MailServer()
    do(
        "insert into portal.mails (user_id, kind, subject, body)"
        " select id, 'test', 's', 'b' from portal.users where email = 'ada@example.org'"
    )
    mails.send_waiting()
    said = book.next("status").output
    assert "Mails: 1 wait, 0 were given up" in said and "no mail server: set DAYBOOK_MAIL_URL" in said
    monkeypatch.setenv("DAYBOOK_MAIL_URL", f"smtp://127.0.0.1:{post.port}")
    monkeypatch.setenv("DAYBOOK_MAIL_FROM", "daybook@example.org")
    post.start()
    mails.send_waiting()
    post.stop()
    assert [mail["To"] for mail in post.mails] == ["ada@example.org"]
    nothing = {"waiting": 0, "given_up": 0, "newest_error": None}
    assert json.loads(book.next("status --json").output)["mails"] == nothing and not book.left
