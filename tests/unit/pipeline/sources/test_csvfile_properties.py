"""Whatever the csv writer writes is read back exactly; whatever else comes raises nothing but ``SourceError``."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.sources.batch import CHUNK_ROWS
from pipeline.sources.csvfile import CsvFile
from pipeline.sources.textformat import TextFormat
from tests.unit.pipeline.sources.support import records, write_csv

_NASTY = st.text(
    st.sampled_from("ab,;\"\n\r\t '\\\u2028\x0b\x85é€😀0") | st.characters(exclude_categories=["Cs"]), max_size=12
)
_FIELD = _NASTY.filter(lambda text: "\0" not in text)


@st.composite
def _tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    row = st.lists(_FIELD, min_size=width, max_size=width)
    return [[f"c{i}" for i in range(width)], *draw(st.lists(row, max_size=15))]


@settings(deadline=None, max_examples=200)
@given(_tables())
def test_what_the_csv_writer_writes_is_read_back_with_its_lines(table: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        lines = write_csv(path, table)
        values, found, bad = records(CsvFile(path, "data.csv", TextFormat()))
    assert values == [tuple(field or None for field in row) for row in table[1:]]
    assert found == lines[1:]
    assert bad == []


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300), st.sampled_from(["data.csv", "data.csv.gz"]), st.booleans(), st.booleans())
def test_random_bytes_raise_nothing_but_a_source_error(
    content: bytes, name: str, has_header: bool, is_packed: bool
) -> None:
    content = b"a,b\n" * has_header + content
    content = gzip.compress(content) if is_packed else content
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            values, lines, bad = records(CsvFile(path, name, TextFormat()))
        except SourceError as error:
            refusal = str(error)
            values, lines, bad = [], [], []
        else:
            refusal = f"File {name}"
    assert refusal.startswith(f"File {name}")
    assert "\n" not in refusal
    assert len(values) == len(lines)
    assert len(set(lines) | {row.line for row in bad}) == len(lines) + len(bad), "every place is that of one row"


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from('ab,"\n\r\0'), max_size=80))
def test_every_line_is_in_one_row_or_is_blank_or_within_a_row(body: str) -> None:
    """A good row is never lost: rows without quotes and of the right width are read whatever stands around them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_bytes(f"c1,c2\n{body}\ngood,row\n".encode())
        values, lines, bad = records(CsvFile(path, "data.csv", TextFormat()))
    places = [*lines, *(row.line for row in bad)]
    assert len(places) == len(set(places))
    assert ("good", "row") in values or values[-1][1].endswith('good,row\n"') or body.count('"') % 2


def test_blocks_and_careful_reading_agree(tmp_path: Path) -> None:
    rows = [[str(i), f"text {i}" if i % 7 else f'a "quoted", text {i}'] for i in range(CHUNK_ROWS + 500)]
    lines = ["n,t", *(f'{n},"{t.replace(chr(34), chr(34) * 2)}"' if '"' in t else f"{n},{t}" for n, t in rows)]
    whole, split = tmp_path / "whole.csv", tmp_path / "split.csv"
    whole.write_text("\n".join(lines) + "\n")
    # A bad row in every block forces each of them through the careful path.
    lines[10:10], lines[CHUNK_ROWS + 20 : CHUNK_ROWS + 20] = ["bad"], ["bad"]
    split.write_text("\n".join(lines) + "\n")
    quick, careful = (records(CsvFile(path, path.name, TextFormat())) for path in (whole, split))
    assert quick[0] == careful[0] == [tuple(row) for row in rows]
    assert [row.line for row in careful[2]] == [11, CHUNK_ROWS + 21]
