"""Whatever a delivery holds, every row and every cent of it is landed, quarantined or a counted duplicate."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.sources.base import UnreadableRow
from tests.integration.landing.world import MemorySource, Row, Warehouse, base
from warehouse.canonical import BY_NAME

_DIRT = st.one_of(
    st.none(),
    st.sampled_from(
        ["", " ", "\0", "\ud800", "x" * 201, "x" * 2001, "a\tb", '"', "\\.", "'; drop table x", "\\N", "{a,b}"]
    ),
    st.text(max_size=5),
)
_CLEAN = {
    "money": ["10", "10.50", "0", "-3", "1.2345", "99999999999999999", "abc", "0.001"],
    "date": ["2025-01-31", "2025-02-30", "2025-06-30T23:00:00-05:00", "2030-01-01", "1066-10-14"],
    "timestamp": ["2025-01-31 10:00", "2025-01-31T10:00:00Z", "2025-01-31", "later"],
    "boolean": ["true", "no", "perhaps"],
    "number": ["1", "2.5"],
    "integer": ["1", "13"],
}
_IDS = ["A", "B", "C"]


def _values(table: str, column: str) -> st.SearchStrategy[str | None]:
    kind = BY_NAME[table].column(column)
    good: list[str] = list(kind.allowed) or _CLEAN.get(kind.type, _IDS)
    if column == "hospital_id":
        good = ["H1", "H2", "H9"]
    # Mostly clean, or nearly every row would fail for its first column.
    return st.one_of(*[st.sampled_from(good)] * 6, _DIRT)


def _rows(table: str) -> st.SearchStrategy[list[Row]]:
    row = st.fixed_dictionaries({c.name: _values(table, c.name) for c in BY_NAME[table].columns})
    return st.lists(row, max_size=8).flatmap(
        lambda rows: (
            st.just(rows) if not rows else st.lists(st.sampled_from(rows), max_size=4).map(lambda more: rows + more)
        )
    )


_TABLES = ("patients", "invoices", "payment_schedules", "payments", "refunds", "adjustments", "allocations", "payers")
_DELIVERIES = st.fixed_dictionaries({table: _rows(table) for table in _TABLES})
_BROKEN = st.lists(st.builds(UnreadableRow, st.integers(1, 99), st.just("too many fields")), max_size=2).map(tuple)


def _amount(text: str | None) -> Decimal:
    """An independent reading of plain amounts; what is none counts as nothing."""
    try:
        amount = Decimal((text or "").strip())
    except InvalidOperation:
        return Decimal(0)
    fits = amount.is_finite() and abs(amount) < 10**15 and amount == amount.quantize(Decimal("0.001"))
    return amount if fits and "e" not in str(text).lower() and (text or "").isascii() else Decimal(0)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(_DELIVERIES, min_size=1, max_size=2), _BROKEN)
def test_read_is_landed_plus_quarantined_plus_duplicates(
    warehouse: Warehouse, deliveries: list[dict[str, list[Row]]], broken: tuple[UnreadableRow, ...]
) -> None:
    for delivery in deliveries:
        data = base(**delivery)
        counts = warehouse.land(MemorySource(data, broken={"invoices": broken}))
        for name, count in counts.items():
            extra = len(broken) if name == "invoices" else 0
            assert count.rows_read == len(data[name]) + extra
            assert count.rows_read == count.rows_landed + count.rows_quarantined + count.rows_duplicate
            assert count.amount_read == count.amount_landed + count.amount_quarantined + count.amount_duplicate
            money = BY_NAME[name].money
            if money:
                assert count.amount_read == sum(_amount(row.get(money)) for row in data[name])
        warehouse.accept()
    current = warehouse.one("select count(*), count(distinct (hospital_id, record_key)) from raw.invoices"
                            " where known_to is null")  # fmt: skip
    assert current[0] == current[1]
    warehouse.land(MemorySource(data, broken={"invoices": broken}))
    assert not any(changed for (changed,) in warehouse.all(
        "select rows_new + rows_changed + rows_deleted > 0 from ops.run_tables where run_id = %s", warehouse.run.run_id
    ))  # fmt: skip
    warehouse.refuse()


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_the_size_of_the_chunks_makes_no_difference(warehouse: Warehouse, size: int) -> None:
    rows: list[Row] = [
        {"invoice_id": str(n % 7), "hospital_id": "H1", "patient_id": "P", "invoice_date": "2025-01-01", "total": str(n % 7),
         "status": "lost" if n % 5 == 0 else "issued"} for n in range(20)
    ]  # fmt: skip
    count = warehouse.publish(MemorySource(base(invoices=rows), size=size))["invoices"]
    assert (count.rows_read, count.rows_landed, count.rows_quarantined, count.rows_duplicate) == (20, 7, 4, 9)
