"""The file of a backup: a dump sealed in chunks, and a manifest that can be read without opening it.

Layout: ``DAYBOOK`` and a version byte, id of the key (8 bytes), salt (32 bytes), the sealed chunks, the manifest (JSON),
its HMAC (32 bytes), its length (4 bytes), end mark (8 bytes). Each file has a key of its own, derived from the
installation's with the salt; chunks are numbered and the last one is marked (AES-256-GCM), so that none can be changed,
dropped, repeated or cut off unseen. The manifest holds the SHA-256 of everything before it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from warehouse.backup.errors import BackupError, DamagedBackupError, ForeignBackupError

CHUNK = 1 << 20
_NAME, _VERSION, _END = b"DAYBOOK", 1, b"DAYBKEND"
_ID, _SALT, _MAC, _LENGTH, _TAG = 8, 32, 32, 4, 16
_HEADER = len(_NAME) + 1 + _ID + _SALT
_FOOTER = _MAC + _LENGTH + len(_END)


@dataclass(frozen=True)
class Sealed:
    """An intact-looking file whose manifest is genuine. ``body_end`` is where the sealed chunks end, in bytes."""

    path: Path
    manifest: dict[str, Any]
    header: bytes
    body_end: int


class SealedWriter:
    """Writes one file: the dump's bytes, then the manifest. Memory is two chunks, whatever the size."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file, self._key = file, key
        self._header = _NAME + bytes([_VERSION]) + key_id(key) + os.urandom(_SALT)
        self._cipher = _cipher(key, self._header)
        self._digest = hashlib.sha256()
        self._buffer = bytearray()
        self._number = 0
        self._put(self._header)

    def write(self, data: bytes) -> None:
        """Add bytes of the dump."""
        self._buffer += data
        while len(self._buffer) > CHUNK:
            self._seal(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]

    def finish(self, manifest: dict[str, Any]) -> None:
        """Seal what is left and write the manifest, completed with the checksum of the dump's sealed bytes."""
        self._seal(bytes(self._buffer), last=True)
        text = json.dumps(manifest | {"sha256": self._digest.hexdigest()}, sort_keys=True).encode()
        self._file.write(text + _mac(self._key, self._header, text) + len(text).to_bytes(_LENGTH, "big") + _END)

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._put(self._cipher.encrypt(_nonce(self._number, last), chunk, self._header))
        self._number += 1

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


def key_id(key: bytes) -> bytes:
    """Return the short name of a key, from which the key cannot be told."""
    return hmac.digest(key, b"daybook backup key id", "sha256")[:_ID]


def open_sealed(path: Path, keys: Sequence[bytes]) -> Sealed:
    """Read the manifest of a file and make sure that it is genuine. The dump itself is not read yet.

    Raises:
        ForeignBackupError: for a file of something else, of another installation, or of a newer Daybook.
        DamagedBackupError: for a file that is cut off, or whose manifest was changed.
        BackupError: if it cannot be read at all.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
            size = file.seek(0, os.SEEK_END)
            _check_header(path, header)
            file.seek(max(size - _FOOTER, 0))
            footer = file.read(_FOOTER)
            length = int.from_bytes(footer[_MAC : _MAC + _LENGTH], "big")
            body_end = size - _FOOTER - length
            if not footer.endswith(_END) or body_end < _HEADER + _TAG:
                raise DamagedBackupError(f"{path.name} is incomplete: it was cut off. Use another backup.")
            file.seek(body_end)
            text = file.read(length)
    except OSError as error:
        raise BackupError(f"The backup {path} cannot be read: {error.strerror or error}.") from error
    if not hmac.compare_digest(footer[:_MAC], _mac(_key_of(path, header, keys), header, text)):
        raise DamagedBackupError(f"{path.name} is damaged: its manifest was changed. Use another backup.")
    return Sealed(path, json.loads(text), header, body_end)


def check(sealed: Sealed) -> None:
    """Read the whole file and compare its SHA-256 with the manifest's.

    Raises:
        DamagedBackupError: if they differ.
    """
    digest = hashlib.sha256()
    for block in _blocks(sealed, 0, CHUNK):
        digest.update(block)
    if digest.hexdigest() != sealed.manifest["sha256"]:
        raise DamagedBackupError(f"{sealed.path.name} is damaged: its checksum is wrong. Use another backup.")


def chunks(sealed: Sealed, keys: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the dump, chunk by chunk, each one proven genuine before it is given out.

    Raises:
        DamagedBackupError: at a chunk that was changed, dropped or repeated.
    """
    cipher = _cipher(_key_of(sealed.path, sealed.header, keys), sealed.header)
    left = sealed.body_end - _HEADER
    for number, block in enumerate(_blocks(sealed, _HEADER, CHUNK + _TAG)):
        left -= len(block)
        try:
            yield cipher.decrypt(_nonce(number, left == 0), block, sealed.header)
        except InvalidTag:
            raise DamagedBackupError(
                f"{sealed.path.name} is damaged in part {number + 1} of its dump. Use another backup."
            ) from None


def _check_header(path: Path, header: bytes) -> None:
    if not header.startswith(_NAME):
        raise ForeignBackupError(f"{path.name} is no backup of Daybook.")
    if len(header) < _HEADER:
        raise DamagedBackupError(f"{path.name} is incomplete: it was cut off. Use another backup.")
    if header[len(_NAME)] > _VERSION:
        raise ForeignBackupError(f"{path.name} was made by a newer Daybook: restore it with that version.")


def _key_of(path: Path, header: bytes, keys: Sequence[bytes]) -> bytes:
    wanted = header[len(_NAME) + 1 : len(_NAME) + 1 + _ID]
    for key in keys:
        if key_id(key) == wanted:
            return key
    raise ForeignBackupError(
        f"{path.name} was sealed with key {wanted.hex()}, which is not in DAYBOOK_BACKUP_KEYS: it is another"
        " installation's, or its key was taken off the ring. Add the key to restore it."
    )


def _blocks(sealed: Sealed, start: int, size: int) -> Iterator[bytes]:
    try:
        with sealed.path.open("rb") as file:
            file.seek(start)
            left = sealed.body_end - start
            while left and (block := file.read(min(size, left))):
                left -= len(block)
                yield block
    except OSError as error:
        raise BackupError(f"The backup {sealed.path} cannot be read: {error.strerror or error}.") from error


def _cipher(key: bytes, header: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"daybook backup dump" + header, "sha256"))


def _mac(key: bytes, header: bytes, text: bytes) -> bytes:
    return hmac.digest(key, b"daybook backup manifest" + header + text, "sha256")


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
