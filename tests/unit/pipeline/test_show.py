"""Messages reach the terminal as they are, whatever names of files and databases put into them."""

from __future__ import annotations

import io

import pytest

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
