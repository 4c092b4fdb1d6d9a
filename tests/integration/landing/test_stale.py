"""A bad new version of a good row: the last good one stays, is counted, and is never treated as gone."""

import pytest

from pipeline.errors import SourceError
from pipeline.sources.base import UnreadableRow
from tests.integration.landing.world import MemorySource, Row, Warehouse, base, invoice


def test_the_last_good_version_stays_when_the_new_one_is_rejected(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    count = warehouse.publish(MemorySource(base(invoices=[invoice("I1", total="abc")])))["invoices"]
    assert (count.rows_stale, count.rows_deleted, count.rows_changed) == (1, 1, 0)
    assert warehouse.current("invoices") == [("main", "I1", False), ("main", "I2", True)]


def test_a_row_rejected_for_its_hospital_is_not_gone(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    rows = [invoice("I1", hospital_id="H9"), invoice("I2", hospital_id=None)]
    count = warehouse.publish(MemorySource(base(invoices=rows)))["invoices"]
    assert (count.rows_stale, count.rows_deleted) == (2, 0)


def test_the_same_id_rejected_in_one_hospital_does_not_hold_the_others(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base(invoices=[invoice("I1"), invoice("I1", hospital_id="H2")])))
    count = warehouse.publish(MemorySource(base(invoices=[invoice("I1", hospital_id="H2", total="abc")])))["invoices"]
    assert (count.rows_stale, count.rows_deleted) == (1, 1)
    assert warehouse.all("select hospital_id from raw.invoices where is_deleted") == [("H1",)]


def test_a_line_that_does_not_say_which_row_it_is_holds_back_deletions(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    source = MemorySource(base(invoices=[invoice("I1")]), broken={"invoices": (UnreadableRow(3, "too many fields"),)})
    count = warehouse.publish(source)["invoices"]
    assert (count.rows_stale, count.rows_deleted) == (1, 0)
    assert warehouse.publish(MemorySource(base(invoices=[invoice("I1")])))["invoices"].rows_deleted == 1


def test_a_missing_key_holds_back_deletions_of_its_own_hospital_only(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base(invoices=[invoice("I1"), invoice("I1", hospital_id="H2")])))
    count = warehouse.publish(MemorySource(base(invoices=[invoice(None, hospital_id="H2")])))["invoices"]
    assert (count.rows_stale, count.rows_deleted) == (1, 1)
    assert warehouse.all("select hospital_id from raw.invoices where is_deleted") == [("H1",)]


def test_half_a_readable_key_holds_back_the_rows_with_that_half(warehouse: Warehouse) -> None:
    def schedule(key: str, due: str) -> Row:
        return {"invoice_id": key, "due_date": due, "amount": "50"}

    plans = [schedule("I1", "2025-07-01"), schedule("I1", "2025-08-01"), schedule("I2", "2025-07-01")]
    warehouse.publish(MemorySource(base(payment_schedules=plans)))
    plans = [schedule("I1", "2025-07-01"), schedule("I1", "1 August")]
    count = warehouse.publish(MemorySource(base(payment_schedules=plans)))["payment_schedules"]
    assert (count.rows_stale, count.rows_deleted) == (1, 1)
    assert ("main", "I1|2025-08-01", False) in warehouse.current("payment_schedules")


def test_an_optional_table_that_was_there_last_time_and_is_missing_halts(warehouse: Warehouse) -> None:
    payers: list[Row] = [{"payer_id": "A", "name": "Aetna"}]
    warehouse.publish(MemorySource(base(payers=payers)))
    with pytest.raises(SourceError, match=r"main no longer delivers payers.*bring the file or table back"):
        warehouse.land(MemorySource(base()))
    warehouse.connection.rollback()
    warehouse.refuse()
    counts = warehouse.publish(MemorySource(base(payers=[])))
    assert counts["payers"].rows_deleted == 1


def test_an_empty_table_delivers_nothing_and_deletes_what_was_there(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    counts = warehouse.publish(MemorySource(base(payments=[])))
    assert (counts["payments"].rows_read, counts["payments"].rows_deleted) == (0, 1)
