"""What demo and serve check before they start anything."""

import errno
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import session
from scripts.session import SetupError
from scripts.supervise import StopRequestedError


def test_a_taken_port_names_the_port_and_the_option():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=rf"Port {port} .* is taken .* --port"):
            session.require_port("127.0.0.1", port)


def test_a_full_disk_says_how_much_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=3 * 1024 * 1024))
    with pytest.raises(SetupError, match="disk is full: 3 MB are free"):
        session.require_space(tmp_path / "not" / "yet" / "there")


def test_two_sessions_do_not_share_a_state_folder(tmp_path: Path):
    with (
        session.sole_use(tmp_path),
        pytest.raises(SetupError, match="Another demo or serve"),
        session.sole_use(tmp_path),
    ):
        pytest.fail("the second session got in")
    with session.sole_use(tmp_path):
        pass


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (SetupError("Port 8000 is taken."), "daybook: Port 8000 is taken."),
        (OSError(errno.ENOSPC, "No space left on device"), "daybook: the disk is full"),
    ],
)
def test_a_failure_is_one_sentence(failure: Exception, sentence: str):
    def fail() -> None:
        raise failure

    with pytest.raises(SystemExit) as ended:
        session.run_as_command(fail)
    assert str(ended.value.code).startswith(sentence)


def test_an_error_nobody_foresaw_is_not_hidden():
    def fail() -> None:
        raise PermissionError(errno.EACCES, "not ours")

    with pytest.raises(PermissionError):
        session.run_as_command(fail)


def test_a_stop_is_no_failure(capsys: pytest.CaptureFixture[str]):
    def stop() -> None:
        raise StopRequestedError

    session.run_as_command(stop)
    assert "Stopped." in capsys.readouterr().out
