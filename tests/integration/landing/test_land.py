"""What lands, and that landing the same again changes nothing."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import landing
from pipeline.errors import SourceError
from pipeline.sources import open_source
from tests.integration.landing.world import KEYS, MemorySource, Warehouse, base, invoice, payment


def test_good_rows_land_typed_with_their_keys_and_hospital(warehouse: Warehouse) -> None:
    counts = warehouse.publish(MemorySource(base()))
    assert {name: count.rows_new for name, count in counts.items()} == {
        "hospitals": 2,
        "patients": 1,
        "invoices": 2,
        "payments": 1,
    }
    assert counts["invoices"].amount_landed == Decimal("350.500")
    assert warehouse.all("select hospital_id, record_key, amount from raw.payments") == [
        ("H1", "Y1", Decimal("40.000"))
    ]
    assert warehouse.one("select record_key, currency from raw.invoices where total = 100") == ("I1", "USD")
    assert warehouse.all("select known_to from raw.invoices") == [(None,), (None,)]


def test_landing_unchanged_input_again_appends_nothing(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    counts = warehouse.publish(MemorySource(base(), size=1))
    assert not any(count.changed for count in counts.values())
    assert warehouse.one("select count(*) from raw.invoices") == (2,)


def test_a_change_appends_one_version_and_ends_the_old_one_when_accepted(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    changed = base(invoices=[invoice("I1", total="120.00"), invoice("I2", total="250.50")])
    counts = warehouse.land(MemorySource(changed))
    assert (counts["invoices"].rows_new, counts["invoices"].rows_changed, counts["invoices"].rows_deleted) == (0, 1, 0)
    versions = "select total, known_to is null from raw.invoices where invoice_id = 'I1' order by version_id"
    assert warehouse.all(versions) == [(Decimal("100.000"), True), (Decimal("120.000"), True)]
    warehouse.accept()
    assert warehouse.all(versions) == [(Decimal("100.000"), False), (Decimal("120.000"), True)]
    assert warehouse.one("select count(*) from raw.invoices o join raw.invoices n on o.known_to = n.known_from") == (1,)


def test_a_row_that_is_gone_gets_a_tombstone_and_comes_back_as_new(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    counts = warehouse.publish(MemorySource(base(invoices=[invoice("I1")])))
    assert counts["invoices"].rows_deleted == 1
    assert warehouse.current("invoices") == [("main", "I1", False), ("main", "I2", True)]
    assert warehouse.publish(MemorySource(base(invoices=[invoice("I1")])))["invoices"].changed is False
    counts = warehouse.publish(MemorySource(base()))
    assert (counts["invoices"].rows_new, counts["invoices"].rows_changed) == (1, 0)
    assert warehouse.current("invoices") == [("main", "I1", False), ("main", "I2", False)]


def test_rows_of_another_source_are_left_alone(warehouse: Warehouse) -> None:
    other = {"invoices": [invoice("I1", total="7.00"), invoice("I9")], "payments": [payment("Y1", amount="1.00")]}
    warehouse.publish(MemorySource(base()), MemorySource(other, name="other"))
    assert [row[:2] for row in warehouse.current("invoices")] == [
        ("main", "I1"), ("main", "I2"), ("other", "I1"), ("other", "I9"),
    ]  # fmt: skip
    counts = warehouse.publish(MemorySource({"invoices": [invoice("I9")], "payments": other["payments"]}, name="other"))
    assert counts["invoices"].rows_deleted == 1
    assert ("main", "I1", False) in warehouse.current("invoices")
    assert ("other", "I1", True) in warehouse.current("invoices")


def test_hospitals_with_clashing_ids_keep_their_own_rows(warehouse: Warehouse) -> None:
    both = [invoice("I1"), invoice("I1", hospital_id="H2", total="3.125")]
    counts = warehouse.publish(MemorySource(base(invoices=both, payments=[payment("Y1", hospital_id="H2")])))
    assert counts["invoices"].rows_landed == 2
    assert warehouse.all("select hospital_id, currency from raw.invoices order by 1") == [("H1", "USD"), ("H2", "KWD")]
    counts = warehouse.publish(MemorySource(base(invoices=both[1:], payments=[payment("Y1", hospital_id="H2")])))
    assert counts["invoices"].rows_deleted == 1
    assert warehouse.all("select hospital_id from raw.invoices where is_deleted") == [("H1",)]


def test_a_refused_batch_never_counts_and_gives_the_same_difference_again(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    changed = base(invoices=[invoice("I1", total="120.00"), invoice("I3")])
    first = warehouse.land(MemorySource(changed))["invoices"]
    warehouse.refuse(warehouse.run.run_id)
    warehouse.refuse(warehouse.run.run_id)
    assert warehouse.one("select count(*) from raw.invoices where known_to = known_from and batch_id = %s",
                         first.batch_id) == (3,)  # fmt: skip
    assert warehouse.current("invoices") == [("main", "I1", False), ("main", "I2", False)]
    second = warehouse.land(MemorySource(changed))["invoices"]
    assert (second.rows_new, second.rows_changed, second.rows_deleted) == (1, 1, 1)
    assert (first.rows_new, first.rows_changed, first.rows_deleted) == (1, 1, 1)


def test_refusing_without_a_run_refuses_what_dead_runs_left(warehouse: Warehouse) -> None:
    warehouse.land(MemorySource(base()))
    warehouse.refuse()
    assert warehouse.all("select state from ops.batches") == [("refused",)]
    assert warehouse.publish(MemorySource(base()))["invoices"].rows_new == 2


def test_accepting_twice_changes_nothing(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    before = warehouse.all("select batch_id, state, decided_at from ops.batches")
    warehouse.accept()
    assert warehouse.all("select batch_id, state, decided_at from ops.batches") == before


def test_stages_are_gone_after_landing(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base()))
    assert warehouse.all("select relname from pg_class where relnamespace = 'landing'::regnamespace") == []


def test_landed_tables_have_fresh_statistics(warehouse: Warehouse) -> None:
    warehouse.land(MemorySource(base()))
    known = "select count(*) from pg_stats where schemaname = 'raw' and tablename = %s"
    assert warehouse.one(known, "invoices") > (0,)
    assert warehouse.one(known, "claims") == (0,)


def test_a_column_that_vanished_is_refused_because_every_row_would_lose_it(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "hospitals.csv").write_text("hospital_id,name\nH1,North\n")
    (tmp_path / "payments.csv").write_text("payment_id,payment_date,amount,status\n")
    header = "invoice_id,hospital_id,patient_id,invoice_date,total,status"
    invoices = tmp_path / "invoices.csv"

    def deliver(text: str) -> None:
        invoices.write_text(text)
        run = warehouse.start()
        with open_source("main", str(tmp_path)) as source:
            warehouse.connection.execute(
                "insert into ops.run_stages (run_id, seq, stage, status, detail) values (%s, 1, 'read', 'completed', %s)",
                (run.run_id, json.dumps({"sources": [source.describe()]})),
            )
            landing.land_source(warehouse.connection, source, run, KEYS)
        landing.accept(warehouse.connection, run.run_id)
        warehouse.connection.commit()

    deliver(f"{header},due_date\nI1,H1,P1,2025-06-01,100,issued,2025-07-01\n")
    with pytest.raises(
        SourceError, match=r"no longer delivers the columns invoices\.due_date, which it delivered last"
    ):
        deliver(f"{header}\nI1,H1,P1,2025-06-01,100,issued\n")
    warehouse.connection.rollback()
    deliver(f"{header},due_date\nI1,H1,P1,2025-06-01,100,issued,\n")
    assert warehouse.one("select due_date from raw.invoices where known_to is null") == (None,)
