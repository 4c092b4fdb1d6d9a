"""The programs that make a running portal: web server, worker and, where none is configured, the embedded database."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.supervise import ProgramError, StopRequestedError, Supervisor, is_port_free, stopping_on_signals
from warehouse import embedded
from warehouse.settings import ROOT, SettingsError, home

_NEEDED = 500 * 1024 * 1024


class SetupError(Exception):
    """Something that the person has to change first; the message says what."""


def require_port(host: str, port: int) -> None:
    """Check that the portal can have its port.

    Raises:
        SetupError: if something else listens there; names the port and the way out.
    """
    if not is_port_free(host, port):
        raise SetupError(
            f"Port {port} on {host} is taken by another program: stop that one or choose another with --port."
        )


def require_space(folder: Path) -> None:
    """Check that there is room for the database.

    Raises:
        SetupError: if less than 500 MB are free where ``folder`` is or will be.
    """
    place = folder
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < _NEEDED:
        raise SetupError(
            f"The disk is full: {free // 1024 // 1024} MB are free at {place}, Daybook needs {_NEEDED // 1024 // 1024} MB."
        )


@contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Hold the state folder for ourselves: whoever stops the embedded database must be alone with it.

    Raises:
        SetupError: if another demo or serve uses it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "in-use").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SetupError(
                f"Another demo or serve uses {folder}: stop it, or set DAYBOOK_HOME to another folder."
            ) from None
        yield


def start_portal(supervisor: Supervisor, host: str, port: int) -> str:
    """Start worker and web server, wait until pages can be served, and return their address."""
    supervisor.start("worker", [sys.executable, str(ROOT / "etl.py"), "worker"])
    portal = supervisor.start("portal", _gunicorn(host, port))
    address = f"http://{host}:{port}"
    supervisor.wait_for(portal, f"{address}/healthz")
    return address


def _gunicorn(host: str, port: int) -> list[str]:
    workers = os.environ.get("DAYBOOK_WEB_WORKERS") or str(min(4, (os.cpu_count() or 1) + 1))
    return [
        sys.executable, "-m", "gunicorn", "--bind", f"{host}:{port}", "--workers", workers, "--threads", "4",
        "--graceful-timeout", "10", "--timeout", "60", "portal:create_app()",
    ]  # fmt: skip


@contextmanager
def session(environment: dict[str, str], own_database: bool) -> Iterator[Supervisor]:
    """Give a supervisor; at the end, however it comes, stop its programs and the embedded database if that is ours."""
    supervisor = Supervisor(environment, ROOT)
    try:
        yield supervisor
    finally:
        supervisor.stop()
        if own_database:
            embedded.stop()


def run_as_command(action: Callable[[], None]) -> None:
    """Run ``action`` with the ends that a person sees: a clean stop, or one sentence and exit code 1."""
    try:
        with stopping_on_signals():
            action()
    except StopRequestedError:
        print("\nStopped.", flush=True)
    except (SetupError, ProgramError, SettingsError) as error:
        sys.exit(f"daybook: {error}")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(f"daybook: the disk is full: free some space where {home()} is, then start again.")
