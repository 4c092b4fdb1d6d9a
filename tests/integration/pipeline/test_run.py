"""Whole runs on a real warehouse: what is published, what is refused, and what the next run makes of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.errors import GateFailedError, SourceError
from tests.integration.pipeline.small_source import DAY, INVOICES, PATIENTS, PAYMENTS, changed, write_source
from tests.integration.pipeline.support import outstanding, published, query, run

_OPEN = [("I1", Decimal("40.000"), 29), ("I2", Decimal("250.500"), 7), ("I3", Decimal("50.000"), 23)]


@pytest.mark.usefixtures("database", "data_tests")
def test_a_first_run_publishes_what_the_source_says(tmp_path: Path) -> None:
    report = run(write_source(tmp_path), DAY)
    assert report.outcome == "published"
    assert outstanding() == _OPEN
    revenue = query("select sum(total_revenue), sum(payment_count) from marts.revenue_metrics")
    assert revenue == [(Decimal("90.000"), 2)]
    status = query("select status, outcome, stage, records_processed from ops.etl_process_status")
    assert status == [("completed", "published", "publish", 9)]
    assert query("select distinct state from ops.batches") == [("accepted",)]
    (asked,) = query("select (detail ->> 'tests')::int from ops.run_stages where stage = 'build'")[0]
    assert asked > 150, "a run asks dbt's data tests too"


@pytest.mark.usefixtures("published_database")
def test_unchanged_input_on_the_same_day_builds_nothing_and_the_next_day_moves_aging(tmp_path: Path) -> None:
    source = write_source(tmp_path, invoices=changed(INVOICES, "I2", due_date="2026-03-09"))
    run(source, DAY)
    before = published()
    assert run(source, DAY).outcome == "unchanged"
    assert published() == before
    assert query("select count(*) from ops.builds") == [(2,)]
    assert [days for _, _, days in outstanding()] == [29, 1, 23]
    landed = query("select max(version_id) from raw.invoices")
    assert run(source, "2026-03-11").outcome == "published"
    assert [days for _, _, days in outstanding()] == [30, 2, 24]
    run(source, "2026-03-12")
    assert query("select invoice_id, bucket from marts.outstanding_payments where days_overdue > 30") == [
        ("I1", "31-60")
    ]
    assert query("select max(version_id) from raw.invoices") == landed, "a new day is no new version"


@pytest.mark.usefixtures("published_database")
def test_a_correction_is_published_and_the_former_build_stays_as_previous(tmp_path: Path) -> None:
    report = run(write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00")), DAY)
    assert report.outcome == "published"
    assert outstanding()[1] == ("I2", Decimal("200.000"), 7)
    assert query("select build_id, state from ops.builds order by 1") == [(1, "previous"), (2, "live")]
    assert query("select count(*) from marts_b1.outstanding_payments where amount_due = 250.5") == [(1,)]


@pytest.mark.usefixtures("database")
def test_every_row_read_is_landed_quarantined_or_a_counted_duplicate(tmp_path: Path) -> None:
    invoices = [*changed(INVOICES, "I2", total="2x0"), INVOICES[0]]
    run(write_source(tmp_path, invoices=invoices), DAY)
    counts = query(
        "select rows_read, rows_landed, rows_quarantined, rows_duplicate, amount_read, amount_landed, amount_duplicate,"
        " rows_unreadable_amount from ops.run_tables where table_name = 'invoices'"
    )
    hundred = Decimal("100.000")
    assert counts == [(4, 2, 1, 1, Decimal("280.000"), Decimal("180.000"), hundred, 1)]
    assert query("select reasons, line from quarantine.invoices") == [(["invalid_number"], 3)]


@pytest.mark.usefixtures("published_database")
def test_a_bad_new_version_leaves_the_last_good_one_standing(tmp_path: Path) -> None:
    run(write_source(tmp_path, invoices=changed(INVOICES, "I2", total="abc")), "2026-03-11")
    assert outstanding()[1] == ("I2", Decimal("250.500"), 8)
    assert query("select rows_stale from ops.run_tables where table_name = 'invoices' order by run_id") == [(0,), (1,)]


@pytest.mark.usefixtures("published_database")
def test_a_refused_batch_is_judged_again_and_never_goes_live_unseen(tmp_path: Path) -> None:
    before = published()
    bad = write_source(tmp_path, invoices=[{**row, "total": "oops"} for row in INVOICES * 2])
    for _ in range(2):
        with pytest.raises(GateFailedError, match="rejected_rows"):
            run(bad, DAY)
        assert published() == before
    assert query("select state from ops.batches order by 1") == [("accepted",), ("refused",), ("refused",)]
    assert query("select status, exit_code from ops.etl_process_status order by id")[1:] == [("stopped", 3)] * 2
    failed = query("select gate, failing_keys from ops.gate_results where not passed and severity = 'error' limit 1")
    assert failed[0][0] == "rejected_rows" and failed[0][1][0]["table_name"] == "invoices"


@pytest.mark.usefixtures("published_database")
def test_what_a_refused_batch_brought_lands_when_the_rest_is_corrected(tmp_path: Path) -> None:
    more = [*PAYMENTS, {**PAYMENTS[0], "payment_id": "R3", "amount": "10.00", "payment_date": "2026-03-02"}]
    broken = [{**row, "total": "oops"} for row in INVOICES * 2]
    with pytest.raises(GateFailedError):
        run(write_source(tmp_path, payments=more, invoices=broken), DAY)
    run(write_source(tmp_path, payments=more), DAY)
    assert outstanding()[0] == ("I1", Decimal("30.000"), 29)
    assert query("select count(*) from raw.payments where known_to is null and record_key = 'R3'") == [(1,)]


@pytest.mark.usefixtures("published_database")
def test_a_failed_run_is_recorded_and_leaves_the_marts_alone(tmp_path: Path) -> None:
    source = write_source(tmp_path)
    before = published()
    (source / "payments.csv").write_text("", encoding="utf-8")
    with pytest.raises(SourceError, match=r"payments\.csv"):
        run(source, DAY)
    assert published() == before
    status = query("select status, outcome, error_message from ops.etl_process_status order by id desc limit 1")[0]
    assert status[:2] == ("failed", "error") and "payments.csv" in status[2]


@pytest.mark.usefixtures("published_database")
def test_identity_never_leaves_phi(tmp_path: Path) -> None:
    assert query("select count(*) from phi.patients") == [(len(PATIENTS),)]
    tables = query(
        "select format('%%I.%%I', schemaname, tablename) from pg_tables where schemaname in ('raw', 'quarantine', 'ops')"
        " or schemaname like 'marts%%' or schemaname in ('intermediate')"
    )
    for (table,) in tables:
        found = query(f"select count(*) from {table} t where t::text ~ 'Nightingale|Seacole|123-45-6789|987-65-4321'")
        assert found == [(0,)], table


@pytest.mark.usefixtures("database")
def test_invoices_and_payments_alone_are_enough(tmp_path: Path) -> None:
    source = write_source(tmp_path)
    for name in ("hospitals", "patients"):
        (source / f"{name}.csv").unlink()
    report = run(source, DAY)
    assert (report.outcome, report.rejected) == ("published", 0)
    assert outstanding() == _OPEN
    hospitals = query(
        "select hospital_id, name, timezone, currency, business_date::text from marts.dim_hospitals order by 1"
    )
    assert hospitals == [("H1", "H1", "UTC", "USD", DAY), ("H2", "H2", "UTC", "USD", DAY)]


@pytest.mark.usefixtures("database")
def test_a_required_table_that_is_rejected_whole_halts_however_small(tmp_path: Path) -> None:
    with pytest.raises(GateFailedError, match="nothing_left"):
        run(write_source(tmp_path, payments=[{**row, "amount": "x"} for row in PAYMENTS]), DAY)


@pytest.mark.usefixtures("published_database")
def test_a_small_table_that_empties_halts(tmp_path: Path) -> None:
    before = published()
    source = write_source(tmp_path)
    header = (source / "payments.csv").read_text(encoding="utf-8").splitlines()[0]
    (source / "payments.csv").write_text(header + "\n", encoding="utf-8")
    with pytest.raises(GateFailedError, match="dropped_rows"):
        run(source, DAY)
    assert published() == before


@pytest.mark.usefixtures("published_database")
def test_unchanged_means_the_same_rejects_too(tmp_path: Path) -> None:
    stale = changed(INVOICES, "I2", total="abc")
    assert run(write_source(tmp_path, invoices=stale), DAY).outcome == "published"
    flags = "select invoice_id from marts.fct_invoices where is_stale"
    assert query(flags) == [("I2",)]
    assert run(tmp_path, DAY).outcome == "unchanged"
    assert run(write_source(tmp_path), DAY).outcome == "published"
    assert query(flags) == []
