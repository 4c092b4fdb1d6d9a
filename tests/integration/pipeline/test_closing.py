"""Month-end close on a real warehouse: issued figures stay, changes are listed, and a close is refused where it must be."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.closing import month_named
from pipeline.errors import UsageError
from pipeline.lock import run_lock
from tests.integration.pipeline.small_source import DAY, INVOICES, PAYMENTS, changed, write_source
from tests.integration.pipeline.support import etl, published, query, run

pytestmark = pytest.mark.usefixtures("published_database")
_LATE = {**INVOICES[0], "invoice_id": "I9", "invoice_date": "2026-01-20", "total": "50.00"}
_DIFFERENCES = (
    "select figure, issued_amount, current_amount from marts.fct_closed_periods"
    " where month = '2026-01-01' and difference <> 0 and figure not like 'aging%%' order by 1"
)


def _close(month: str, code: int = 0, hospital: str = "H1") -> str:
    """The command in this process: a process each would import pandas a dozen times."""
    result = CliRunner().invoke(main, ["close", "--hospital", hospital, "--month", month, "--by", "Ada"])
    assert result.exit_code == code and "Traceback" not in result.stderr, result.stderr
    return result.stdout if code == 0 else result.stderr.strip().removeprefix("etl.py: ")


def test_a_closed_month_stays_as_issued_and_lists_what_came_after(tmp_path: Path) -> None:
    closed = etl("close", "--hospital", "H1", "--month", "2026-01", "--by", "Ada")
    assert "2026-01 is closed for H1 with the figures of build 1 (15 figures)" in closed.stdout, closed.stderr
    # Nothing else changed, but the close is news: the next run shows it.
    assert run(write_source(tmp_path), DAY).outcome == "published"
    assert query(_DIFFERENCES) == []
    assert query("select distinct closed_by, build_id from marts.fct_closed_periods") == [("Ada", 1)]
    assert run(write_source(tmp_path), DAY).outcome == "unchanged"

    later = write_source(tmp_path, invoices=[*changed(INVOICES, "I1", total="120.00"), _LATE])
    run(later, DAY)
    issued, today = Decimal("100.000"), Decimal("170.000")
    assert query(_DIFFERENCES) == [
        ("billed", issued, today), ("closing", issued, today), ("receivables_closing", issued, today),
    ]  # fmt: skip
    changes = (
        "select kind, figure, invoice_id, event_type, amount from marts.rpt_changes_after_close"
        " where month = %s order by 3, 5"
    )
    assert query(changes, "2026-01-01") == [
        ("event", "billed", "I1", "billed", Decimal("-100.000")),
        ("event", "billed", "I1", "billed", Decimal("120.000")),
        ("event", "billed", "I9", "billed", Decimal("50.000")),
    ]

    # February is issued with them: they change nothing there. What comes now changes both months.
    _close("2026-02")
    run(write_source(tmp_path, invoices=INVOICES, payments=changed(PAYMENTS, "R1", amount="70.00")), DAY)
    assert query(changes, "2026-02-01") == [
        ("event", "opening", "I1", "billed", Decimal("-120.000")),
        ("event", "collected", "I1", "collected", Decimal("-70.000")),
        ("event", "collected", "I1", "collected", Decimal("60.000")),
        ("event", "opening", "I1", "billed", Decimal("100.000")),
        ("event", "opening", "I9", "billed", Decimal("-50.000")),
    ]
    assert query(_DIFFERENCES) == []
    assert len(query(changes, "2026-01-01")) == 6
    frozen = "select amount from ops.period_close_figures where close_id = 1 and figure = 'closing'"
    assert query(frozen) == [(issued,)]


def test_a_close_is_refused_with_one_sentence_and_keeps_nothing(tmp_path: Path) -> None:
    before = published()
    for arguments, code, message in (
        (("2026-03",), 1, "2026-03 is not over for H1: its business date is 2026-03-10."),
        (("2025-12",), 1, "H1 has no figures for 2025-12"),
        (("2026-13",), 2, "--month '2026-13' is not a month: write it as YYYY-MM."),
        (("2026-1",), 2, "is not a month"),
    ):
        assert message in _close(*arguments, code=code)
    assert "'H9' is not in the live build" in _close("2026-01", 2, hospital="H9")
    with run_lock():
        assert "in progress" in _close("2026-01", 75)
    assert query("select count(*) from ops.period_closes") == [(0,)]
    assert published() == before


def test_months_are_closed_in_order_and_once() -> None:
    _close("2026-02")
    assert "2026-02 was closed for H1 by Ada on " in _close("2026-02", 1)
    assert "the last one of H1 is 2026-02, the next 2026-03" in _close("2026-01", 1)
    assert "2026-02 is closed for H2" in _close("2026-02", hospital="H2")


def test_a_month_is_over_on_the_day_after_its_last(tmp_path: Path) -> None:
    run(write_source(tmp_path), "2026-03-31")
    assert "2026-03 is not over" in _close("2026-03", 1)
    run(write_source(tmp_path), "2026-04-01")
    assert "2026-03 is closed" in _close("2026-03")


def test_a_build_that_was_taken_back_closes_no_later_month(tmp_path: Path) -> None:
    run(write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00")), DAY)
    _close("2026-01")
    assert etl("rollback").returncode == 0
    assert "The live build is older than the one that 2026-01 was closed with" in _close("2026-02", 1)


@pytest.mark.parametrize("text", ["", "2026", "2026-00", "26-01", "2026-01-01", "01-2026", "２０２６-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM"):
        month_named(text)
