"""PostgreSQL's own client programs: which ones fit the server, and how they are started."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
from sqlalchemy import URL

from warehouse.backup.errors import BackupError
from warehouse.embedded_binaries import EmbeddedServerError, wheel_folder

_BLOCK = 1 << 18
# pg_restore sets transaction_timeout from this version on, which older servers do not know.
_TIMEOUT = 17
_DEBIAN = Path("/usr/lib/postgresql")


class ProgramError(BackupError):
    """A client program failed; the message ends with what it said."""


@dataclass(frozen=True)
class Programs:
    """Where pg_dump and pg_restore of one PostgreSQL version are."""

    folder: Path
    major: int


def find(server: int, at_least: int = 0) -> Programs:
    """Return the client programs for a server: of its own major version, else of the next newer one.

    Args:
        server: the server's major version.
        at_least: version of the pg_dump that made the dump; an older pg_restore cannot read it.

    Raises:
        BackupError: if none is installed; says what to install.
    """
    wanted = max(server, at_least)
    fitting = [one for one in _installed() if one.major >= wanted and (one.major < _TIMEOUT or server >= _TIMEOUT)]
    if not fitting:
        raise BackupError(
            f"No pg_dump and pg_restore for PostgreSQL {wanted} found: install them"
            f" (Debian: apt-get install postgresql-client-{wanted}), or run ./scripts/bootstrap for the bundled ones."
        )
    return min(fitting, key=lambda found: found.major)


def dump(programs: Programs, url: URL, arguments: Iterable[str]) -> Iterator[bytes]:
    """Yield what pg_dump writes.

    Raises:
        ProgramError: if it fails; what came before is then worthless.
    """
    with tempfile.TemporaryFile() as errors:
        process = _start(
            programs, "pg_dump", url, arguments, errors=errors, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        try:
            while block := process.stdout.read(_BLOCK) if process.stdout else b"":
                yield block
            _end(process, "pg_dump", errors)
        finally:
            _make_sure_it_is_gone(process)


def restore(programs: Programs, url: URL, blocks: Iterable[bytes]) -> None:
    """Give a dump to pg_restore, which stops at its first error.

    Raises:
        ProgramError: if it fails.
    """
    with tempfile.TemporaryFile() as errors:
        arguments = ["--single-transaction", "--no-owner", "--no-tablespaces", "--format=custom"]
        process = _start(
            programs, "pg_restore", url, arguments, errors=errors, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        try:
            try:
                for block in blocks:
                    _stdin(process).write(block)
                _stdin(process).close()
            except BrokenPipeError:
                process.stdin = None  # it gave up: its own words say why
            _end(process, "pg_restore", errors)
        finally:
            _make_sure_it_is_gone(process)


def _installed() -> Iterator[Programs]:
    folders = [path / "bin" for path in sorted(_DEBIAN.glob("*"))]
    with suppress(EmbeddedServerError):  # production may do without the embedded server
        folders.insert(0, wheel_folder() / "pginstall" / "bin")
    if found := shutil.which("pg_dump"):
        folders.append(Path(found).parent)
    for folder in folders:
        if all((folder / name).exists() for name in ("pg_dump", "pg_restore")):
            version = subprocess.run(
                [folder / "pg_dump", "--version"], capture_output=True, text=True, check=False
            ).stdout
            if number := re.search(r"\) (\d+)", version):
                yield Programs(folder, int(number[1]))


def _start(
    programs: Programs, name: str, url: URL, arguments: Iterable[str], *, errors: IO[bytes], stdin: int, stdout: int
) -> subprocess.Popen[bytes]:
    parts = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    environment = dict(os.environ)
    if password := parts.pop("password", None):
        environment["PGPASSWORD"] = str(password)  # never among the arguments: those can be seen by everybody
    conninfo = psycopg.conninfo.make_conninfo("", **parts)
    command = [str(programs.folder / name), "--no-password", f"--dbname={conninfo}", *arguments]
    return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=errors, env=environment, cwd="/")


def _stdin(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None  # noqa: S101 - we asked for a pipe
    return process.stdin


def _end(process: subprocess.Popen[bytes], name: str, errors: IO[bytes]) -> None:
    if process.wait():
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip().splitlines()
        # Only the sentence of the error: what follows may quote rows.
        first = next((line for line in said if "error:" in line), f"exit code {process.returncode}")
        raise ProgramError(f"{name} failed: {first.split('error:', 1)[-1].strip()}")


def _make_sure_it_is_gone(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
