"""The file of a backup: what went in comes out, and no change to any byte goes unseen."""

from __future__ import annotations

import io
from itertools import cycle
from pathlib import Path

import pytest

from warehouse.backup import sealed
from warehouse.backup.errors import BackupError, DamagedBackupError, ForeignBackupError
from warehouse.backup.sealed import SealedWriter, check, chunks, open_sealed

_KEYS = (b"k" * 32, b"o" * 32)
_CHUNK = 64


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "CHUNK", _CHUNK)


def _bytes(size: int) -> bytes:
    return bytes(number * 31 % 251 for number in range(size))


def write(path: Path, data: bytes, key: bytes = _KEYS[0]) -> Path:
    """Seal ``data``, given in uneven pieces."""
    with path.open("wb") as file:
        writer = SealedWriter(file, key)
        source, sizes = io.BytesIO(data), cycle((1, 3 * _CHUNK, _CHUNK - 1, 7, _CHUNK))
        while piece := source.read(next(sizes)):
            writer.write(piece)
        writer.finish({"reason": "test"})
    return path


def read(path: Path, keys: tuple[bytes, ...] = _KEYS) -> bytes:
    """Open, check and unseal."""
    found = open_sealed(path, keys)
    check(found)
    return b"".join(chunks(found, keys))


@pytest.mark.parametrize("size", [0, 1, _CHUNK - 1, _CHUNK, _CHUNK + 1, 3 * _CHUNK, 10 * _CHUNK + 7])
def test_what_is_sealed_comes_out_again(tmp_path: Path, size: int) -> None:
    data = _bytes(size)
    path = write(tmp_path / "x.backup", data)
    assert read(path) == data
    assert open_sealed(path, _KEYS).manifest["reason"] == "test"
    assert size < 16 or data[:16] not in path.read_bytes()


def test_any_key_of_the_ring_opens_and_no_other_does(tmp_path: Path) -> None:
    path = write(tmp_path / "x.backup", b"dump", key=_KEYS[1])
    assert read(path) == b"dump"
    with pytest.raises(ForeignBackupError, match="not in DAYBOOK_BACKUP_KEYS"):
        open_sealed(path, _KEYS[:1])


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    data = _bytes(3 * _CHUNK + 5)
    whole = write(tmp_path / "whole.backup", data).read_bytes()
    path = tmp_path / "x.backup"
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(BackupError):
            read(path)


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.backup", b"d" * (2 * _CHUNK + 9)).read_bytes()
    path = tmp_path / "x.backup"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(BackupError):
            read(path)


@pytest.mark.parametrize("change", ["swapped", "repeated", "dropped", "last dropped"])
def test_chunks_stay_in_their_order_even_if_the_checksum_is_right(tmp_path: Path, change: str) -> None:
    path = write(tmp_path / "x.backup", _bytes(4 * _CHUNK))
    found = open_sealed(path, _KEYS)
    whole, size, start = path.read_bytes(), _CHUNK + 16, len(found.header)
    parts = [whole[start + n * size : start + (n + 1) * size] for n in range(4)]
    order = {"swapped": [1, 0, 2, 3], "repeated": [0, 0, 1, 2, 3], "dropped": [0, 2, 3], "last dropped": [0, 1, 2]}
    body = b"".join(parts[n] for n in order[change])
    path.write_bytes(found.header + body + whole[found.body_end :])
    with pytest.raises(DamagedBackupError, match="in part"):
        list(chunks(open_sealed(path, _KEYS), _KEYS))


def test_other_files_and_newer_ones_are_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_bytes(b"Daily notes\n" * 100)
    with pytest.raises(ForeignBackupError, match=r"notes\.txt is no backup of Daybook"):
        open_sealed(other, _KEYS)
    newer = write(tmp_path / "newer.backup", b"dump")
    newer.write_bytes(newer.read_bytes()[:7] + b"\x02" + newer.read_bytes()[8:])
    with pytest.raises(ForeignBackupError, match="newer Daybook"):
        open_sealed(newer, _KEYS)
    with pytest.raises(BackupError, match="cannot be read"):
        open_sealed(tmp_path / "nowhere", _KEYS)
