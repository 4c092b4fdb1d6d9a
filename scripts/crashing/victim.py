"""A run in a process of its own, and the ways to kill it or the server under it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import NoReturn

from pipeline.cli import main
from scripts.crashing.clinic import DAY
from warehouse import embedded

_PATIENCE = 300.0


class Victim:
    """One ``etl.py run`` as a forked process: what it needs is imported already, so that it starts at once."""

    def __init__(self, source: Path, log: Path) -> None:
        self._log = log
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _run(source, log)

    def kill(self) -> int | None:
        """Kill it as ``kill -9`` does. Returns its exit code if it had ended already, else None."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        code = self.wait()
        return None if code == -signal.SIGKILL else code

    def wait(self) -> int:
        """Wait until it has ended. Returns its exit code, negative for a signal.

        Raises:
            TimeoutError: if it does not end.
        """
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise TimeoutError("the run did not end")

    @property
    def output(self) -> str:
        """What it printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")


def _run(source: Path, log: Path) -> NoReturn:
    code = 99
    try:
        with log.open("w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        main(["run", "--source", f"main={source}", "--business-date", DAY], standalone_mode=False)
        code = 0
    except SystemExit as ending:
        code = int(ending.code or 0)
    except BaseException:  # noqa: BLE001 - told to the parent: it is a fault
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def kill_server() -> None:
    """Kill the embedded server and all its processes at once, as a power cut would."""
    postmaster = int((embedded.cluster().data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    for pid in [postmaster, *_children(postmaster)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                # The command's name may hold blanks and brackets: what follows it is state and parent.
                if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(folder.name))
    return found
