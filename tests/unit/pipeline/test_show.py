"""Messages reach the terminal as they are, whatever names of files and databases put into them."""

from __future__ import annotations

import io
from contextlib import redirect_stderr

import pytest
import structlog

from pipeline import show


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("kind", [io.StringIO, _Terminal])
def test_a_message_is_no_markup(monkeypatch: pytest.MonkeyPatch, kind: type[io.StringIO]) -> None:
    stream = kind()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    show.error("File [/red] inv[1].csv: [Errno 5] caf\udce9.csv")
    assert stream.getvalue() == "etl.py: File [/red] inv[1].csv: [Errno 5] caf\\udce9.csv\n"


def test_log_lines_go_to_where_stderr_is_when_they_are_written() -> None:
    try:
        with redirect_stderr(io.StringIO()) as before:
            show.log_to_stderr()
        with redirect_stderr(io.StringIO()) as now:
            structlog.get_logger("test").warning("a job was given up")
    finally:
        structlog.reset_defaults()
    assert "a job was given up" in now.getvalue()
    assert before.getvalue() == ""
