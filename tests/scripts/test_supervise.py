"""Starting, watching and stopping programs."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import supervise
from scripts.supervise import ProgramError, StopRequestedError, Supervisor, is_port_free, stopping_on_signals

_SERVER = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
_STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").close()
time.sleep(600)
"""
_PARENT = """
import subprocess, sys
with open(sys.argv[1], "w") as pipe:
    subprocess.Popen(["sleep", "600"], stdout=pipe)
subprocess.run(["sleep", "600"])
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(dict(os.environ) | {"DAYBOOK_HOME": str(tmp_path)}, tmp_path)
    yield made
    made.stop()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_wait_for_returns_when_the_address_answers(supervisor: Supervisor, port: int):
    server = supervisor.start("server", [sys.executable, "-c", _SERVER, str(port)])
    supervisor.wait_for(server, f"http://127.0.0.1:{port}/")
    assert not is_port_free("127.0.0.1", port)


def test_a_program_that_ends_is_named_with_its_last_words(supervisor: Supervisor, port: int):
    program = supervisor.start("worker", [sys.executable, "-c", "raise SystemExit('no database here')"])
    with pytest.raises(ProgramError, match=r"worker ended by itself \(exit code 1\).*no database here"):
        supervisor.wait_for(program, f"http://127.0.0.1:{port}/")


def test_watch_notices_a_program_that_dies_later(supervisor: Supervisor):
    program = supervisor.start("portal", [sys.executable, "-c", "import time; time.sleep(600)"])
    threading.Timer(0.3, program.process.kill).start()
    with pytest.raises(ProgramError, match=r"portal ended by itself \(exit code -9\)"):
        supervisor.watch()


def test_run_returns_the_exit_code(supervisor: Supervisor):
    assert supervisor.run("check", [sys.executable, "-c", "raise SystemExit(3)"]) == 3


def test_stop_ends_the_children_of_a_program_too(supervisor: Supervisor, tmp_path: Path):
    """The grandchild alone holds the pipe open for writing: its end shows that the grandchild is gone."""
    os.mkfifo(tmp_path / "pipe")
    supervisor.start("parent", [sys.executable, "-c", _PARENT, str(tmp_path / "pipe")])
    with (tmp_path / "pipe").open() as pipe:
        supervisor.stop()
        assert pipe.read() == ""


def test_stop_does_not_wait_for_ever(supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervise, "_PATIENCE", 0.2)
    os.mkfifo(tmp_path / "ready")
    program = supervisor.start("stubborn", [sys.executable, "-c", _STUBBORN, str(tmp_path / "ready")])
    with (tmp_path / "ready").open():
        supervisor.stop()
    assert program.process.poll() == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_becomes_one_request_to_stop(number: signal.Signals):
    def ask_twice() -> None:
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)  # an impatient second Ctrl-C does not interrupt the cleaning up

    before = signal.getsignal(number)
    with pytest.raises(StopRequestedError), stopping_on_signals():
        ask_twice()
    assert signal.getsignal(number) is before


def test_a_taken_port_is_seen(port: int):
    assert is_port_free("127.0.0.1", port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not is_port_free("127.0.0.1", port)
