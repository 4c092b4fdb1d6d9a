"""Joins, conditions, aggregates and distinct rows."""

# ruff: noqa: E501 (a mapping or a case stands on one line)

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.sources.base import ColumnFormat, UnreadableRow
from pipeline.sources.batch import Batch
from pipeline.sources.mapping import AggregateSpec
from pipeline.sources.steps import aggregate, distinct, where
from tests.unit.pipeline.sources.support import Rows, folder, rows, source

_HEAD = "tables:\n  payments: {from: payments}\n  invoices:\n    from: bills\n"
_COLUMNS = "invoice_id: nr, hospital_id: {constant: H}, patient_id: who, invoice_date: sent, total: sum, status: {constant: paid}"
_BILLS = "nr,who,sent,sum\n1,a,2024-01-05,1\n2,b,2024-01-05,2\n3,,2024-01-05,3\n4,z,2024-01-05,4\n"


def _invoices(path: Path, spec: str, bills: str = _BILLS, **files: str) -> Rows:
    folder(path, bills=bills, **files)
    return rows(source(path, _HEAD + "".join(f"    {line}\n" for line in spec.strip().splitlines())), "invoices")


def _batch(unreadable: tuple[UnreadableRow, ...] = (), **columns: list[str | None]) -> Batch:
    size = len(next(iter(columns.values())))
    return Batch(columns, "f.csv", range(2, 2 + size), unreadable)


def test_a_join_brings_in_columns_by_one_key(tmp_path: Path) -> None:
    found = _invoices(
        tmp_path,
        f"join: {{from: people, as: p, on: {{who: id}}}}\ncolumns: {{{_COLUMNS}, payer_id: p.payer}}",
        people="id,payer\na,X\nb,Y\n,W\n",
    )
    assert [row["payer_id"] for row in found] == ["X", "Y", None, None]


def test_a_second_join_may_use_columns_of_the_first(tmp_path: Path) -> None:
    spec = f"join: [{{from: people, on: {{who: id}}}}, {{from: plans, on: {{people.plan: id}}}}]\ncolumns: {{{_COLUMNS}, payer_id: plans.payer}}"
    found = _invoices(tmp_path, spec, people="id,plan\na,7\nb,8\n", plans="id,payer\n7,X\n")
    assert [row["payer_id"] for row in found] == ["X", None, None, None]


def test_a_join_reads_only_rows_that_meet_its_condition(tmp_path: Path) -> None:
    spec = f"join: {{from: people, on: {{who: id}}, where: {{kind: first}}}}\ncolumns: {{{_COLUMNS}, payer_id: people.payer}}"
    found = _invoices(tmp_path, spec, people="id,kind,payer\na,second,W\na,first,X\nb,second,Y\n")
    assert [row["payer_id"] for row in found] == ["X", None, None, None]


def test_a_key_that_stands_twice_with_other_values_is_refused(tmp_path: Path) -> None:
    spec = f"join: {{from: people, on: {{who: id}}}}\ncolumns: {{{_COLUMNS}, payer_id: people.payer}}"
    with pytest.raises(
        SourceError, match=r"`tables.invoices` joins people.csv by `id`, but line 4.*`duplicates: first`"
    ):
        _invoices(tmp_path, spec, people="id,payer,note\na,X,\nb,Y,\na,Z,\n")


def test_a_key_that_stands_twice_alike_is_fine(tmp_path: Path) -> None:
    spec = f"join: {{from: people, on: {{who: id}}}}\ncolumns: {{{_COLUMNS}, payer_id: people.payer}}"
    assert _invoices(tmp_path, spec, people="id,payer,note\na,X,1\na,X,2\n")[0]["payer_id"] == "X"


@pytest.mark.parametrize(("choice", "payer"), [("first", "X"), ("last", "Z")])
def test_which_of_two_rows_counts_can_be_said(tmp_path: Path, choice: str, payer: str) -> None:
    spec = f"join: {{from: people, on: {{who: id}}, duplicates: {choice}}}\ncolumns: {{{_COLUMNS}, payer_id: people.payer}}"
    assert _invoices(tmp_path, spec, people="id,payer\na,X\na,Z\n")[0]["payer_id"] == payer


def test_where_takes_values_lists_and_nothing(tmp_path: Path) -> None:
    assert [
        row["invoice_id"] for row in _invoices(tmp_path, f"where: {{who: [a, null]}}\ncolumns: {{{_COLUMNS}}}")
    ] == ["1", "3"]


def test_where_may_ask_a_joined_column(tmp_path: Path) -> None:
    spec = f"join: {{from: people, on: {{who: id}}}}\nwhere: {{people.kind: x}}\ncolumns: {{{_COLUMNS}}}"
    assert [row["invoice_id"] for row in _invoices(tmp_path, spec, people="id,kind\na,y\nb,x\n")] == ["2"]


def test_unreadable_rows_pass_every_step() -> None:
    bad = (UnreadableRow(9, "has 1 fields"),)
    spec = AggregateSpec(by=["a"], columns={"b": "sum"})
    for step in (
        where([_batch(bad, a=["1"], b=["2"])], {"a": ["x"]}),
        aggregate([_batch(bad, a=["1"], b=["2"])], spec, {}),
        distinct([_batch(bad, a=["1"])], ["a"]),
    ):
        assert [row for batch in step for row in batch.unreadable] == list(bad)


def test_aggregates_stand_on_the_line_of_their_first_row(tmp_path: Path) -> None:
    lines = "nr,who,sent,sum\n1,a,2024-01-05,0.10\n2,b,2024-01-06,5\n1,c,2024-01-04,0.20\n1,,2024-01-09,\n"
    spec = f"aggregate: {{by: nr, columns: {{sum: sum, sent: min, who: first}}}}\ncolumns: {{{_COLUMNS}}}"
    found = _invoices(tmp_path, spec, bills=lines)
    assert [(row["invoice_id"], row["total"], row["invoice_date"], row["patient_id"]) for row in found] == [
        ("1", "0.30", "2024-01-04", "a"),
        ("2", "5", "2024-01-06", "b"),
    ]
    (chunk,) = source(tmp_path, (tmp_path / "mapping.yml").read_text()).read("invoices")
    assert list(chunk.lines) == [2, 3]


@given(
    st.lists(
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**25), max_value=10**25, places=3), min_size=1
    )
)
def test_sums_are_exact(amounts: list[Decimal]) -> None:
    texts: list[str | None] = [format(amount, "f") for amount in amounts]
    (batch,) = aggregate([_batch(k=["x"] * len(texts), a=texts)], AggregateSpec(by=["k"], columns={"a": "sum"}), {})
    assert batch.columns["a"][0] is not None
    assert Fraction(batch.columns["a"][0]) == sum(map(Fraction, amounts))


@pytest.mark.parametrize(
    ("kind", "values", "form", "result"),
    [
        ("sum", ["1.234,50", "0,50"], ColumnFormat(decimal=",", thousands="."), "1235,00"),
        ("sum", ["1", "abc", "2"], ColumnFormat(), "abc (cannot be aggregated)"),
        ("sum", [None, None], ColumnFormat(), None),
        ("max", ["9", "10", None], ColumnFormat(), "10"),
        ("min", ["31.01.2024", "01.02.2024"], ColumnFormat(date_formats=("%d.%m.%Y",)), "31.01.2024"),
        ("max", ["2024-01-31", "2024-02-01T10:00:00Z"], ColumnFormat(), "2024-02-01T10:00:00Z"),
        ("min", ["2024-01-31", "soon"], ColumnFormat(), "soon (cannot be aggregated)"),
        ("min", ["2024-01-31", "7"], ColumnFormat(), "7 (cannot be aggregated)"),
        ("sum", ["1", " ", "2"], ColumnFormat(), "3"),
        ("sum", ["1\u202f000", "1 000", "1\u00a0000"], ColumnFormat(thousands=" "), "3000"),
        ("min", ["01022023", "31012023"], ColumnFormat(date_formats=("%d%m%Y",)), "31012023"),
        ("first", [None, "x"], ColumnFormat(), None),
    ],
)
def test_aggregates_of_values(kind: str, values: list[str | None], form: ColumnFormat, result: str | None) -> None:
    spec = AggregateSpec.model_validate({"by": "k", "columns": {"a": kind}})
    (batch,) = aggregate([_batch(k=["x"] * len(values), a=values)], spec, {"a": form})
    assert batch.columns["a"] == [result]


def test_distinct_keeps_the_first_row_of_each_key_over_all_chunks() -> None:
    found = distinct([_batch(a=["1", "1", None], b=["x", "y", "z"]), _batch(a=["2", "1"], b=["v", "w"])], ["a"])
    assert [value for batch in found for value in batch.columns["b"]] == ["x", "v"]


def test_blanks_that_a_padded_export_has_around_values_do_not_lose_rows(tmp_path: Path) -> None:
    spec = (
        'join: {from: people, on: {who: id}}\nwhere: {nr: ["1", "2"]}\n'
        f"columns: {{{_COLUMNS}, payer_id: {{column: people.payer, values: {{X: Y}}, default: Z}}}}"
    )
    bills = "nr,who,sent,sum\n1  ,a ,2024-01-05,1\n2,b,2024-01-06,5\n3,a,2024-01-06,5\n"
    found = _invoices(tmp_path, spec, bills=bills, people="id,payer\na,X  \nb , \n")
    assert [(row["total"], row["payer_id"]) for row in found] == [("1", "Y"), ("5", "Z")]


def test_padded_keys_are_one_group() -> None:
    spec = AggregateSpec.model_validate({"by": "k", "columns": {"a": "sum"}})
    (batch,) = aggregate([_batch(k=["x", "x ", "y"], a=["1", "2", "4"])], spec, {})
    assert batch.columns == {"k": ["x", "y"], "a": ["3", "4"]}
    (batch,) = distinct([_batch(k=["x", "x ", "y"])], ["k"])
    assert batch.columns == {"k": ["x", "y"]}
