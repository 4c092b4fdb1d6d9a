"""scripts/bootstrap: what it says when something is missing, and that a second start does nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
_OLD = '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n'
_WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; *print*) echo python3.11-venv ;; esac\nexit 0\n'
_BROKEN = (
    '#!/bin/sh\ncase "$*" in *"-m venv"*) echo "OSError: [Errno 28] No space left on device"; exit 1 ;; esac\nexit 0\n'
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what bootstrap needs, without an environment."""
    folder = tmp_path / "daybook"
    (folder / "scripts").mkdir(parents=True)
    for name in (
        "scripts/bootstrap",
        "scripts/install.py",
        "requirements-uv.txt",
        "requirements.txt",
        "requirements-dev.txt",
    ):
        shutil.copy2(ROOT / name, folder / name)
    return folder


def bootstrap(folder: Path, *arguments: str, python: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run bootstrap; ``python`` is a stand-in for every Python on PATH."""
    path = folder / "bin"
    path.mkdir(exist_ok=True)
    for tool in ("bash", "cat", "cksum", "dirname", "grep", "tail", "head", "env", "sh"):
        found = shutil.which(tool)
        if found and not (path / tool).exists():
            (path / tool).symlink_to(found)
    if python:
        (path / "python3").write_text(python)
        (path / "python3").chmod(0o755)
    return subprocess.run(
        [str(folder / "scripts" / "bootstrap"), *arguments],
        env={"PATH": str(path), "HOME": os.environ.get("HOME", "/")}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def mark(folder: Path, *locks: str) -> str:
    text = b"".join((folder / name).read_bytes() for name in locks)
    sum_ = subprocess.run(["cksum"], input=text, capture_output=True, check=True).stdout.decode().strip()
    return f"{folder} {sum_}\n"


@pytest.mark.parametrize(
    ("python", "words"),
    [
        (_OLD, ("Python 3.11 or newer", "Python 3.9.2")),
        (None, ("Python 3.11 or newer", "no python3 at all")),
        (_WITHOUT_VENV, ("apt-get install python3-venv",)),
        (_BROKEN, ("the disk is full",)),
    ],
    ids=["old Python", "no Python", "no venv", "disk full"],
)
def test_what_is_missing_is_named(copy: Path, python: str | None, words: tuple[str, ...]):
    result = bootstrap(copy, python=python)
    assert result.returncode == 1
    for word in words:
        assert word in result.stderr
    assert "Traceback" not in result.stderr


def test_unknown_options_are_refused(copy: Path):
    result = bootstrap(copy, "--developer")
    assert result.returncode == 2
    assert "--developer" in result.stderr


@pytest.mark.parametrize("stamp", [".installed", ".installed-dev"])
def test_an_environment_of_the_same_lock_is_left_alone(copy: Path, stamp: str):
    """No Python is on PATH: had bootstrap wanted to install, it would fail."""
    locks = ["requirements-uv.txt", "requirements.txt"] + (["requirements-dev.txt"] if "dev" in stamp else [])
    (copy / ".venv" / "bin").mkdir(parents=True)
    (copy / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (copy / ".venv" / "bin" / "python").chmod(0o755)
    (copy / ".venv" / stamp).write_text(mark(copy, *locks))
    arguments = ["--dev"] if "dev" in stamp else []
    result = bootstrap(copy, *arguments)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    (copy / "requirements.txt").write_text("changed")
    assert bootstrap(copy, *arguments).returncode == 1


def test_a_linked_environment_is_used_and_never_changed(copy: Path, tmp_path: Path):
    """With a Python on PATH that would clear it, had bootstrap wanted to."""
    shared = tmp_path / "shared"
    (shared / "bin").mkdir(parents=True)
    (shared / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (shared / "bin" / "python").chmod(0o755)
    (copy / ".venv").symlink_to(shared)
    result = bootstrap(copy, "--dev", python=_BROKEN)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
