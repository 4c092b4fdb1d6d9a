"""How long payments stay in the patients' history: a setting of runs, in days before the business date."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from tests.integration.pipeline.small_source import DAY, INVOICES, changed, write_source
from tests.integration.pipeline.support import published, query, run

# R1 is of 1 February, 37 days before 10 March; with a total of 60.00 it settles I1. R2 leaves I3 open.
_SETTLED = changed(INVOICES, "I1", total="60.00")


def _history() -> list[str]:
    return [payment for (payment,) in query("select payment_id from marts.patient_payment_history order by 1")]


@pytest.mark.usefixtures("database")
def test_settled_payments_go_after_their_days_and_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_source(tmp_path, invoices=_SETTLED)
    monkeypatch.setenv("DAYBOOK_HISTORY_DAYS", "37")
    run(source, DAY)
    assert _history() == ["R1", "R2"]
    before = published()
    assert run(source, DAY).outcome == "unchanged"
    assert published() == before

    monkeypatch.setenv("DAYBOOK_HISTORY_DAYS", "36")
    assert run(source, DAY).outcome == "published", "a changed setting is a reason to build"
    assert _history() == ["R2"]
    assert query("select history_from::text from marts.dim_hospitals") == [("2026-02-02",)] * 2
    assert query("select sum(total_revenue) from marts.revenue_metrics") == [(Decimal("90.000"),)]
    assert query("select count(*) from marts.fct_payments") == [(2,)]
    assert query("select -sum(amount) from marts.fct_receivable_events where event_type = 'collected'") == [
        (Decimal("90.000"),)
    ]

    run(write_source(tmp_path), DAY)  # I1 is corrected to 100.00: open again, and its payment is back
    assert _history() == ["R1", "R2"]
    run(write_source(tmp_path, invoices=_SETTLED), DAY)
    monkeypatch.setenv("DAYBOOK_HISTORY_DAYS", "all")
    run(tmp_path, DAY)
    assert _history() == ["R1", "R2"]
    assert query("select distinct history_from from marts.dim_hospitals") == [(None,)]


@pytest.mark.usefixtures("published_database")
def test_days_that_cannot_be_meant_stop_the_run_before_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_HISTORY_DAYS", "0")
    with pytest.raises(ConfigurationError, match="all to keep every payment"):
        run(write_source(tmp_path), DAY)
    assert query("select status, stage from ops.etl_process_status order by id desc limit 1") == [("failed", "start")]
    assert query("select distinct history_from::text from marts.dim_hospitals") == [("2025-03-10",)]
