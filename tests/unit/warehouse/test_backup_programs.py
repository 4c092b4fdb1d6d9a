"""The client programs: the right ones are found, their failure is told in a sentence, and none is left behind."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest
from sqlalchemy import make_url

from warehouse.backup import programs
from warehouse.backup.errors import BackupError
from warehouse.backup.programs import ProgramError, Programs

_URL = make_url("postgresql+psycopg://owner:secret@db.example.org/daybook?sslmode=require")


def program(folder: Path, name: str, script: str) -> Programs:
    """A program of that name in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!{sys.executable}\nimport os, sys\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)
    return Programs(folder, 18)


def test_what_it_wrote_before_it_failed_is_no_dump(tmp_path: Path) -> None:
    script = "print('half'); print('pg_dump: warning: x\\npg_dump: error: no space\\nrow: Ada', file=sys.stderr); sys.exit(1)"
    with pytest.raises(ProgramError, match=r"^pg_dump failed: no space$"):
        b"".join(programs.dump(program(tmp_path, "pg_dump", script), _URL, []))


def test_the_password_is_not_among_the_arguments(tmp_path: Path) -> None:
    tools = program(tmp_path, "pg_dump", "print(sys.argv[1:]); print(os.environ['PGPASSWORD'])")
    arguments, password, _ = b"".join(programs.dump(tools, _URL, ["--x"])).decode().split("\n")
    assert "secret" not in arguments and password == "secret"
    assert "sslmode=require" in arguments and "host=db.example.org" in arguments and "'--x'" in arguments


def test_it_is_gone_when_nobody_reads_on(tmp_path: Path) -> None:
    tools = program(tmp_path, "pg_dump", "print(os.getpid(), flush=True)\nwhile True: print('x' * 1000)")
    blocks = programs.dump(tools, _URL, [])
    pid = int(next(blocks).split()[0])
    assert psutil.pid_exists(pid)
    blocks.close()  # type: ignore[attr-defined]
    assert not psutil.pid_exists(pid)


def test_a_restore_that_gives_up_early_says_why(tmp_path: Path) -> None:
    tools = program(tmp_path, "pg_restore", "print('pg_restore: error: no such role', file=sys.stderr); sys.exit(1)")
    with pytest.raises(ProgramError, match=r"^pg_restore failed: no such role$"):
        programs.restore(tools, _URL, (b"x" * 100_000 for _ in range(100)))


def test_the_version_that_fits_best_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for major in (14, 16, 19):
        for name in ("pg_dump", "pg_restore"):
            program(tmp_path / str(major) / "bin", name, f"print('{name} (PostgreSQL) {major}.3 (Debian)')")
    monkeypatch.setattr(programs, "_DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.find(16) == Programs(tmp_path / "16" / "bin", 16)
    assert programs.find(15).major == 16
    assert programs.find(17).major == 18  # the embedded server's
    assert programs.find(17, at_least=19).major == 19
    (tmp_path / "16" / "bin" / "pg_restore").unlink()
    with pytest.raises(BackupError, match=r"apt-get install postgresql-client-15"):
        programs.find(15)  # newer ones set what an older server does not know
    with pytest.raises(BackupError, match=r"apt-get install postgresql-client-30"):
        programs.find(30)
