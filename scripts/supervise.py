"""Start programs, wait until they answer, and stop all of them together, whatever ends us."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

_PATIENCE = 15.0  # seconds that a program gets to end by itself
_START = 90.0


class StopRequestedError(Exception):
    """Ctrl-C, or a request to end from the system."""


class ProgramError(Exception):
    """A program did not start, or ended when it should run; the message says which, and what it said."""


@dataclass
class Program:
    """A running program; ``log`` is where its output goes, None for our own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None


class Supervisor:
    """Programs of one session. Each has a process group of its own, so that Ctrl-C reaches us first and we end them in order."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment = environment
        self._folder = folder
        self._logs = environment_home(environment) / "logs"
        self._programs: list[Program] = []

    def start(self, name: str, command: Sequence[str]) -> Program:
        """Start a program that is to run until we stop it."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        with log.open("wb") as output:
            return self._launch(name, command, log, stdout=output, stderr=subprocess.STDOUT)

    def run(self, name: str, command: Sequence[str]) -> int:
        """Run a program to its end, its output being ours, and return its exit code."""
        program = self._launch(name, command, None)
        code = program.process.wait()
        self._programs.remove(program)
        return code

    def wait_for(self, program: Program, url: str) -> None:
        """Return when ``url`` answers with success.

        Raises:
            ProgramError: if the program ends, or the address stays silent.
        """
        deadline = time.monotonic() + _START
        while time.monotonic() < deadline:
            self._check(program)
            with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
            time.sleep(0.2)
        raise ProgramError(f"{program.name} does not answer at {url}. {_tail(program.log)}")

    def watch(self) -> None:
        """Return never by itself: until a signal arrives or a program ends."""
        while True:
            for program in self._programs:
                self._check(program)
            time.sleep(0.5)

    def stop(self) -> None:
        """End every program, the last one first: politely, then not."""
        for program in reversed(self._programs):
            _signal_group(program.process, signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE
        for program in reversed(self._programs):
            try:
                program.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(program.process, signal.SIGKILL)
                program.process.wait()
        self._programs.clear()

    def _launch(self, name: str, command: Sequence[str], log: Path | None, **streams: object) -> Program:
        process = subprocess.Popen(  # type: ignore[call-overload]
            command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **streams,
        )
        program = Program(name, process, log)
        self._programs.append(program)
        return program

    def _check(self, program: Program) -> None:
        code = program.process.poll()
        if code is not None:
            raise ProgramError(f"{program.name} ended by itself (exit code {code}). {_tail(program.log)}")


def environment_home(environment: dict[str, str]) -> Path:
    """Return the state folder that ``environment`` names."""
    return Path(environment["DAYBOOK_HOME"])


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into ``StopRequestedError``; later ones are ignored: we are ending."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise StopRequestedError

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_port_free(host: str, port: int) -> bool:
    """Return whether we could listen on ``host:port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _tail(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return f"Its log {log} ends with: {' / '.join(lines[-3:])}" if lines else f"Its log {log} is empty."
