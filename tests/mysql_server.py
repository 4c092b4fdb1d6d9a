"""A real MySQL server (MariaDB's) for tests of sources: started in a scratch folder, one for the session."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

_PATHS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
_ATTEMPTS = 600


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATHS)
    if not found:
        pytest.skip(
            f"there is no {name} here: install MariaDB's server (Debian: apt-get install mariadb-server-core mariadb-client-core)"
        )
    return found


@pytest.fixture(scope="session")
def mysql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the server, without a database: ``mysql://root@127.0.0.1:port``."""
    server, install = _program("mariadbd"), _program("mariadb-install-db")
    _program("my_print_defaults")  # which that one calls
    folder = tmp_path_factory.mktemp("mysql")
    data, log = folder / "data", folder / "server.log"
    common = ["--no-defaults", f"--datadir={data}"] + (["--user=root"] if os.geteuid() == 0 else [])
    made = subprocess.run(
        [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [server, *common, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 's'}", "--skip-log-bin",
             "--innodb-flush-log-at-trx-commit=0", "--skip-ssl", "--default-time-zone=+05:30"],
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        _wait(process, port, log)
        yield f"mysql://root@127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(_ATTEMPTS):
        try:
            pymysql.connect(host="127.0.0.1", port=port, user="root", connect_timeout=1).close()
            return
        except pymysql.Error:
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            break
    raise AssertionError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
