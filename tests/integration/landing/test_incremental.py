"""Databases are read from where the last accepted run stopped: nothing is missed, nothing is read or landed for nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tests.integration.landing.clinic_database import ClinicDatabase
from tests.integration.landing.world import Warehouse


@pytest.fixture
def clinic(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClinicDatabase:
    """Three invoices in SQLite, landed and accepted; overlap of a day, keys compared once a day."""
    monkeypatch.setenv("DAYBOOK_OVERLAP_HOURS", "24")
    clinic = ClinicDatabase(f"sqlite:///{tmp_path / 'clinic.db'}", warehouse)
    clinic.create("text")
    for number in (1, 2, 3):
        clinic.invoice(f"I{number}", f"2025-06-{number:02d} 10:00:00")
    clinic.invoice("I4", "2025-06-30 10:00:00")
    assert clinic.publish()["invoices"].rows_read == 4
    return clinic


def test_rows_without_change_are_not_read_again(clinic: ClinicDatabase):
    count = clinic.publish()["invoices"]
    assert (count.rows_read, count.rows_unread, count.amount_unread) == (1, 3, Decimal(300)), (
        "the newest day is read again"
    )
    assert not count.changed
    assert clinic.invoices() == ["I1", "I2", "I3", "I4"], "what is not read is not gone"


def test_what_changed_lands_and_what_is_new(clinic: ClinicDatabase):
    clinic.invoice("I2", "2025-07-01 09:00:00", total="120.00")
    clinic.invoice("I5", "2025-07-01 09:30:00")
    count = clinic.publish()["invoices"]
    assert (count.rows_new, count.rows_changed, count.rows_deleted, count.rows_unread) == (1, 1, 0, 2)
    assert clinic.publish()["invoices"].changed is False


def test_a_row_that_comes_late_within_the_overlap_is_read(clinic: ClinicDatabase):
    clinic.invoice("I9", "2025-06-29 12:00:00")
    assert clinic.publish()["invoices"].rows_new == 1


def test_a_row_that_comes_later_than_that_is_found_by_its_key(clinic: ClinicDatabase):
    clinic.invoice("I9", "2025-05-01 12:00:00")
    assert clinic.publish()["invoices"].rows_new == 0
    count = clinic.publish(hours=20)["invoices"]
    assert (count.rows_new, count.rows_read, count.rows_unread) == (1, 5, 0), "the table is read whole then"


def test_a_row_without_a_mark_is_read_every_time(clinic: ClinicDatabase):
    clinic.invoice("I9", None)
    assert clinic.publish()["invoices"].rows_new == 1
    clinic.invoice("I9", None, total="7.00")
    assert clinic.publish()["invoices"].rows_changed == 1


def test_deleted_rows_are_found_when_keys_are_compared(clinic: ClinicDatabase):
    clinic.execute("delete from invoices where invoice_id in ('I1', 'I4')")
    assert clinic.publish()["invoices"].rows_deleted == 0
    assert clinic.publish(hours=16)["invoices"].rows_deleted == 2, "the first run of another day"
    assert clinic.invoices() == ["I2", "I3"]
    assert clinic.publish(hours=24)["invoices"].rows_deleted == 0


def test_keys_can_be_compared_every_so_many_runs(clinic: ClinicDatabase, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAYBOOK_KEY_COMPARISON", "3 runs")
    clinic.execute("delete from invoices where invoice_id = 'I1'")
    assert [clinic.publish(hours=1)["invoices"].rows_deleted for _ in range(4)] == [0, 0, 1, 0]


def test_a_key_that_cannot_be_read_holds_deletions_back(clinic: ClinicDatabase):
    clinic.execute(
        "delete from invoices where invoice_id = 'I1'", "update invoices set invoice_id = null where invoice_id = 'I4'"
    )
    count = clinic.publish(hours=24)["invoices"]
    assert (count.rows_deleted, count.rows_stale) == (0, 2)


def test_another_source_keeps_its_rows(clinic: ClinicDatabase):
    clinic.warehouse.connection.execute(
        "insert into ops.batches (run_id, source_name, state) values (%s, 'other', 'accepted')",
        [clinic.warehouse.run.run_id],
    )
    clinic.warehouse.connection.execute(
        "insert into raw.invoices (source_name, hospital_id, record_key, row_hash, batch_id, known_from, invoice_id, patient_id,"
        " invoice_date, total, status) select 'other', hospital_id, 'X1', row_hash, (select max(batch_id) from ops.batches),"
        " known_from, 'X1', patient_id, invoice_date, total, status from raw.invoices where record_key = 'I1'"
    )
    clinic.execute("delete from invoices where invoice_id = 'I1'")
    assert clinic.publish(hours=24)["invoices"].rows_deleted == 1
    assert "X1" in clinic.invoices()


def test_what_a_refused_run_read_is_read_again(clinic: ClinicDatabase):
    clinic.invoice("I2", "2025-07-01 09:00:00", total="120.00")
    clinic.invoice("I5", "2025-07-03 09:00:00")
    assert clinic.land(hours=72)["invoices"].rows_changed == 1
    clinic.warehouse.refuse()
    count = clinic.publish(hours=72)["invoices"]
    assert (count.rows_changed, count.rows_new) == (1, 1)


def test_a_clock_that_is_ahead_hides_nothing(clinic: ClinicDatabase):
    clinic.invoice("I5", "2031-01-01 00:00:00")
    assert clinic.publish()["invoices"].rows_new == 1
    clinic.invoice("I6", "2025-07-01 10:00:00")
    assert clinic.publish()["invoices"].rows_new == 1


def test_a_clock_that_was_set_back_hides_nothing_within_the_overlap(clinic: ClinicDatabase):
    clinic.invoice("I5", "2025-07-01 01:00:00")
    clinic.publish()
    clinic.invoice("I6", "2025-06-30 05:00:00")
    assert clinic.publish()["invoices"].rows_new == 1


def test_rejected_rows_are_judged_again_although_they_did_not_change(clinic: ClinicDatabase):
    clinic.invoice("I8", "2025-06-10 10:00:00", invoice_date="2025-07-03")
    clinic.invoice("I9", "2025-07-01 10:00:00", status="lost")
    clinic.publish(hours=24)
    assert {tuple(reasons) for _, reasons, _ in clinic.warehouse.rejects("invoices")} == {
        ("future_date",),
        ("not_allowed",),
    }
    clinic.invoice("I7", "2025-07-02 11:00:00")
    assert clinic.publish()["invoices"].rows_quarantined == 2
    count = clinic.publish(hours=20)["invoices"]
    assert (count.rows_quarantined, count.rows_new) == (1, 1), "its day has come"


def test_a_bad_new_version_is_stale_until_it_is_corrected(clinic: ClinicDatabase):
    clinic.invoice("I2", "2025-07-01 09:00:00", status="lost")
    assert clinic.publish()["invoices"].rows_stale == 1
    clinic.invoice("I5", "2025-07-04 09:00:00")
    count = clinic.publish(hours=96)["invoices"]
    assert (count.rows_stale, count.rows_new) == (1, 1), "still wrong, four days later"
    clinic.invoice("I2", "2025-07-05 09:00:00", total="99.00")
    count = clinic.publish(hours=24)["invoices"]
    assert (count.rows_stale, count.rows_changed) == (0, 1)


def test_a_row_that_moves_to_another_hospital_is_gone_from_the_first(clinic: ClinicDatabase):
    clinic.invoice("I2", "2025-07-01 09:00:00", hospital_id="H2")
    count = clinic.publish()["invoices"]
    assert (count.rows_new, count.rows_deleted) == (1, 1), "at once, or it would count twice"


def test_another_mapping_reads_everything(clinic: ClinicDatabase, tmp_path: Path):
    clinic.mapping = tmp_path / "m.yml"
    clinic.mapping.write_text("tables: {hospitals: {}, invoices: {}, payments: {}}")
    assert clinic.publish()["invoices"].rows_unread == 0
    clinic.mapping.write_text("# a remark\ntables: {hospitals: {}, payments: {}, invoices: {}}")
    assert clinic.publish()["invoices"].rows_unread == 3, "what it says is the same"
    clinic.mapping.write_text("tables: {hospitals: {}, payments: {}, invoices: {decimal: ','}}")
    assert clinic.publish()["invoices"].rows_unread == 0


def test_a_table_whose_marks_are_not_kept_up_can_be_read_whole(clinic: ClinicDatabase, tmp_path: Path):
    clinic.mapping = tmp_path / "m.yml"
    clinic.mapping.write_text("tables: {hospitals: {}, payments: {}, invoices: {incremental: false}}")
    clinic.publish()
    clinic.execute(
        "update invoices set total = 7 where invoice_id = 'I1'", "delete from invoices where invoice_id = 'I2'"
    )
    count = clinic.publish()["invoices"]
    assert (count.rows_changed, count.rows_deleted) == (1, 1)


def test_hospitals_that_only_invoices_name_are_all_known(warehouse: Warehouse, tmp_path: Path):
    clinic = ClinicDatabase(f"sqlite:///{tmp_path / 'clinic.db'}", warehouse)
    clinic.create("text")
    clinic.execute("drop table hospitals")
    clinic.invoice("I1", "2025-06-01 10:00:00")
    clinic.invoice("I2", "2025-06-30 10:00:00", hospital_id="H2")
    clinic.publish()
    clinic.invoice("I3", "2025-07-01 09:00:00", hospital_id="H2")
    clinic.execute("insert into payments values ('Y1', 'I1', '2025-06-10', 5, 'paid', '2025-07-01 09:00:00')")
    counts = clinic.publish()
    assert (counts["invoices"].rows_new, counts["invoices"].rows_unread) == (1, 1)
    assert (counts["payments"].rows_new, counts["payments"].rows_quarantined) == (1, 0), (
        "its invoice was not read this time"
    )


@pytest.mark.parametrize(
    ("stamp", "zone"), [("timestamp", ""), ("timestamptz", "+00"), ("timestamptz", "-05"), ("date", "")]
)
def test_postgresql_local_times_instants_and_days(
    warehouse: Warehouse, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stamp: str, zone: str
):
    monkeypatch.setenv("DAYBOOK_OVERLAP_HOURS", "1")
    schema = f"clinic_{abs(hash(tmp_path)) % 10**9}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create schema {schema}")
    clinic = ClinicDatabase(f"{server}?options=-csearch_path%3D{schema}", warehouse)
    clinic.create(stamp)
    clinic.invoice("I1", f"2025-06-01 10:00:00{zone}")
    clinic.invoice("I2", f"2025-06-30 10:00:00{zone}")
    clinic.publish()
    clinic.invoice("I3", f"2025-07-01 02:00:00{zone}")
    clinic.invoice("I4", "infinity")
    count = clinic.publish()["invoices"]
    assert (count.rows_new, count.rows_unread) == (1, 1), "the second is read again, the first is not"
    assert {tuple(reasons) for _, reasons, _ in warehouse.rejects("invoices")} <= {("invalid_timestamp",)}
    clinic.execute("delete from invoices where invoice_id = 'I1'")
    assert clinic.publish(hours=24)["invoices"].rows_deleted == 1
