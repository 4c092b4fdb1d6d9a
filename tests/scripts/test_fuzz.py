"""Broken files: a short stretch of what ``scripts/fuzz`` does at length, and proof that it notices a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random, SystemRandom

import pytest

from pipeline import landing
from pipeline.landing import TableCount
from pipeline.sources.batch import Batch
from pipeline.sources.csvfile import CsvFile
from scripts.fuzz import fuzz
from scripts.fuzzing.clinic import clinic
from scripts.fuzzing.files import lines_of, write
from scripts.fuzzing.mutations import MUTATIONS
from scripts.fuzzing.trial import broken_folder

_FILES = 60


@pytest.mark.usefixtures("database")
def test_broken_files_are_refused_in_one_sentence_or_accounted_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    seed = SystemRandom().randrange(10**9)
    faults = fuzz(tmp_path / "files", seed, range(_FILES))
    printed = capsys.readouterr()
    assert faults == 0, printed.out + printed.err
    assert re.search(rf"{_FILES}/{_FILES} files: \d+ landed .* \d+ refused .* Seed {seed}", printed.out)
    print(printed.out)


@pytest.mark.usefixtures("database")
def test_a_reader_that_raises_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    real, accepted = CsvFile.read, list[bool]()  # the unbroken clinic is landed first, and must be

    def read(self: CsvFile, columns: Sequence[str]) -> Iterator[Batch]:
        if accepted:
            raise IndexError("no such thing")
        return real(self, columns)

    monkeypatch.setattr(CsvFile, "read", read)
    monkeypatch.setattr(landing, "accept", _then(landing.accept, accepted))
    assert fuzz(tmp_path / "files", 7, range(4)) > 0
    printed = capsys.readouterr()
    assert "IndexError: no such thing" in printed.err
    assert "4/4" not in printed.out


@pytest.mark.usefixtures("database")
def test_a_row_that_is_lost_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    real = landing.land_source

    def forgetful(*arguments: object) -> list[TableCount]:
        return [
            replace(count, rows_landed=count.rows_landed + 1, rows_read=count.rows_read + 1)
            for count in real(*arguments)
        ]  # type: ignore[arg-type]

    monkeypatch.setattr(landing, "land_source", forgetful)
    assert fuzz(tmp_path / "files", 7, range(0, 12, 2)) > 0
    assert "rows came out of the file" in capsys.readouterr().err


def _then(function: object, calls: list[bool]) -> object:
    def call(*arguments: object) -> None:
        function(*arguments)  # type: ignore[operator]
        calls.append(True)

    return call


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_seed_breaks_the_same_files(tmp_path: Path, is_whole: bool):
    folders = [tmp_path / name for name in ("one", "two")]
    for number in range(20):
        first, second = (broken_folder(folder, Random(f"5/{number}"), is_whole) for folder in folders)
        assert first == second
        assert [path.read_bytes() for path in sorted(folders[0].iterdir())] == [
            path.read_bytes() for path in sorted(folders[1].iterdir())
        ]


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_changes_files(name: str):
    whole = write(clinic()["invoices"], ".csv", Random(0))
    changed = 0
    for number in range(10):
        sheet = clinic()["invoices"]
        MUTATIONS[name](sheet, Random(number))
        changed += write(sheet, ".csv", Random(0)) != whole
    assert changed >= 5


@pytest.mark.parametrize(
    ("content", "rows"),
    [(b"a,b\n1,2\n\n3,4", 2), (b"\xef\xbb\xbfa\r1\r\n2\n", 2), (b'a\n"1"\n', None), (b"\xff", None)],
)
def test_lines_are_counted_apart_from_the_readers(content: bytes, rows: int | None):
    assert lines_of(content) == rows
