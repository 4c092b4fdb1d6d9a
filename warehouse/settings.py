"""Settings from the environment, and the state folder that keeps what was generated for trying things out."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
ROLES = ("owner", "etl", "portal")
_SECRETS = (
    "DAYBOOK_SECRET_KEY",
    "DAYBOOK_PASSWORD_SALT",
    "DAYBOOK_AUDIT_KEY",
    "DAYBOOK_PHI_KEYS",
    "DAYBOOK_SEARCH_KEY",
)
_RINGS = ("DAYBOOK_PHI_KEYS", "DAYBOOK_BACKUP_KEYS")  # 32 bytes as base64, comma between several
_KEY_BYTES = 32
_SHORTEST_KEY = 32  # characters
_LARGEST = 36_500  # a hundred years of days


class SettingsError(Exception):
    """A setting is missing or unusable; the message names it and the remedy."""


@dataclass(frozen=True)
class Secrets:
    """Keys of this installation.

    Attributes:
        secret_key: signs sessions.
        password_salt: salt of Flask-Security's HMAC.
        audit_keys: HMAC keys of the audit chain, newest first: the first writes, each verifies what it wrote.
        phi_keys: Fernet keys, newest first: the first encrypts, all decrypt.
        search_key: HMAC key of the identity search tokens.
    """

    secret_key: str
    password_salt: str
    audit_keys: tuple[str, ...]
    phi_keys: tuple[str, ...]
    search_key: str

    @property
    def audit_key(self) -> str:
        """The key that new audit records are written with."""
        return self.audit_keys[0]


def home() -> Path:
    """Return the state folder: ``DAYBOOK_HOME``, else ``.daybook`` in the project."""
    return Path(os.environ.get("DAYBOOK_HOME") or ROOT / ".daybook").absolute()


def is_production() -> bool:
    """Return whether ``DAYBOOK_ENV`` says production: secrets must then come from the environment."""
    return os.environ.get("DAYBOOK_ENV", "development") == "production"


def whole_number(name: str, default: int | None, *, at_least: int) -> int | None:
    """Return a setting that is a whole number; None where there is no limit (``all``).

    Raises:
        SettingsError: if it is something else, or too small.
    """
    text = os.environ.get(name, "").strip()
    if not text or text == "all":
        return None if text else default
    if not (text.isascii() and text.isdigit() and at_least <= int(text) <= _LARGEST):
        raise SettingsError(
            f"{name} is {text!r}: give a whole number from {at_least} to {_LARGEST}, or all for no limit."
        )
    return int(text)


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` so that only its owner can ever read it, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def load_secrets() -> Secrets:
    """Return the installation's keys: from the environment, else generated once and kept in the state folder.

    Raises:
        SettingsError: in production, when one is not in the environment, or short enough to be guessed.
    """
    missing = [name for name in _SECRETS if not os.environ.get(name)]
    if missing and is_production():
        raise SettingsError(f"{', '.join(missing)} not set: in production every key comes from the environment.")
    values = _generated("secrets.json", _SECRETS) if missing else {}
    values |= {name: os.environ[name] for name in _SECRETS if os.environ.get(name)}
    short = [name for name in _SECRETS if any(len(key) < _SHORTEST_KEY for key in values[name].split(","))]
    if short and is_production():
        raise SettingsError(
            f"{', '.join(short)} shorter than {_SHORTEST_KEY} characters:"
            " .env.example says how to make keys that nobody guesses."
        )
    return Secrets(
        secret_key=values["DAYBOOK_SECRET_KEY"],
        password_salt=values["DAYBOOK_PASSWORD_SALT"],
        audit_keys=tuple(values["DAYBOOK_AUDIT_KEY"].split(",")),
        phi_keys=tuple(values["DAYBOOK_PHI_KEYS"].split(",")),
        search_key=values["DAYBOOK_SEARCH_KEY"],
    )


def load_backup_keys() -> tuple[bytes, ...]:
    """Return the keyring of backups, 32 bytes each, newest first: the first seals, every one opens.

    They are apart from the other keys: what serves pages has no need to open backups.

    Raises:
        SettingsError: if a key is no key, or in production when none is in the environment.
    """
    text = os.environ.get("DAYBOOK_BACKUP_KEYS")
    if not text and is_production():
        raise SettingsError("DAYBOOK_BACKUP_KEYS not set: in production every key comes from the environment.")
    text = text or _generated("backup-keys.json", ("DAYBOOK_BACKUP_KEYS",))["DAYBOOK_BACKUP_KEYS"]
    try:
        keys = tuple(base64.urlsafe_b64decode(key.strip()) for key in text.split(","))
    except ValueError:
        keys = ()
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise SettingsError("DAYBOOK_BACKUP_KEYS holds something that is no key: .env.example says how to make one.")
    return keys


def _generated(name: str, names: tuple[str, ...]) -> dict[str, str]:
    path = home() / name
    if not path.exists():
        values = {one: Fernet.generate_key().decode() if one in _RINGS else secrets.token_urlsafe(32) for one in names}
        # Of two processes that start at once one must win for both: what a lost key encrypted is lost.
        draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
        write_private(draft, json.dumps(values, indent=1))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return dict(json.loads(path.read_text(encoding="utf-8")))
