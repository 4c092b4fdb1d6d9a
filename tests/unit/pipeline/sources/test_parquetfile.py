"""Parquet files: exact text, row by row."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import SourceError
from pipeline.sources import open_source
from pipeline.sources.parquetfile import ParquetFile
from pipeline.sources.textformat import TextFormat
from tests.unit.pipeline.sources.support import records, rows


def _open(path: Path, **columns: pa.Array) -> ParquetFile:
    pq.write_table(pa.table(columns), path / "data.parquet", row_group_size=2)
    return ParquetFile(path / "data.parquet", "data.parquet", TextFormat())


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (pa.array([Decimal("12345678901234567.10")], pa.decimal128(19, 2)), "12345678901234567.10"),
        (pa.array([Decimal("1E-10")], pa.decimal128(20, 10)), "0.0000000001"),
        (pa.array([12.3], pa.float32()), "12.3"),
        (pa.array([0.1], pa.float16()), "0.1"),
        (pa.array([None], pa.float32()), None),
        (pa.array([0.1 + 0.2]), "0.30000000000000004"),
        (pa.array([1e22]), "10000000000000000000000"),
        (pa.array([7.0]), "7"),
        (pa.array([float("nan")]), None),
        (pa.array([2**62]), "4611686018427387904"),
        (pa.array(["007"]), "007"),
        (pa.array([""]), None),
        (pa.array(["x"]).dictionary_encode(), "x"),
        (pa.array([date(2024, 2, 29)]), "2024-02-29"),
        (pa.array([datetime.fromisoformat("2024-02-29T23:05")], pa.timestamp("ns")), "2024-02-29T23:05:00"),
        (pa.array([datetime(2024, 2, 29, 23, 5, tzinfo=UTC)]), "2024-02-29T23:05:00+00:00"),
        (pa.array([True]), "true"),
        (pa.array([b"caf\xc3\xa9"]), "café"),
        (pa.array([None], pa.string()), None),
    ],
)
def test_every_type_becomes_exact_text(tmp_path: Path, array: pa.Array, text: str | None) -> None:
    assert records(_open(tmp_path, value=array))[0] == [(text,)]


@pytest.mark.parametrize(
    ("kind", "bad"), [(pa.timestamp("us"), 2**60), (pa.date32(), 2**30), (pa.duration("s"), 2**62)]
)
def test_a_value_that_python_has_no_date_for_costs_its_row_not_the_file(
    tmp_path: Path, kind: pa.DataType, bad: int
) -> None:
    (first, _), (second, _) = records(_open(tmp_path, a=pa.array([0, bad], kind), b=pa.array(["x", "y"])))[0]
    assert first is not None
    assert first.startswith(("1970-01-01", "0:00:00"))
    assert second == f"unreadable {kind}"


def test_rows_are_numbered_from_one_over_all_row_groups(tmp_path: Path) -> None:
    file = _open(tmp_path, a=pa.array(["x", "y\0", "z"]))
    values, lines, bad = records(file)
    assert (values, lines) == ([("x",), ("z",)], [1, 3])
    assert [(row.line, row.reason) for row in bad] == [(2, "contains a NUL byte")]


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(SourceError, match=r"File data\.parquet is no readable Parquet file") as error:
        ParquetFile(tmp_path / "data.parquet", "data.parquet", TextFormat())
    assert "\n" not in str(error.value)


def test_a_file_that_is_replaced_before_it_is_read_is_refused(tmp_path: Path) -> None:
    file = _open(tmp_path, a=pa.array(["x"]))
    _open(tmp_path, a=pa.array(["x", "y"]))
    with pytest.raises(SourceError, match="changed while it was being read"):
        records(file)


def test_a_folder_of_parquet_files_is_a_source(tmp_path: Path) -> None:
    invoice = {
        "invoice_id": "1",
        "hospital_id": "H",
        "patient_id": "P",
        "invoice_date": date(2024, 1, 5),
        "status": "paid",
    }
    invoices = pa.Table.from_pylist([{**invoice, "total": Decimal("10.50")}])
    pq.write_table(invoices, tmp_path / "invoices.parquet")
    (tmp_path / "payments").mkdir()
    for part in ("1", "2"):
        payment = {"payment_id": part, "payment_date": date(2024, 1, 6), "amount": Decimal("1.25"), "status": "paid"}
        pq.write_table(pa.Table.from_pylist([payment]), tmp_path / "payments" / f"part-{part}.parquet")
    source = open_source("test", str(tmp_path))
    assert rows(source, "invoices")[0]["total"] == "10.50"
    assert [row["payment_id"] for row in rows(source, "payments")] == ["1", "2"]
