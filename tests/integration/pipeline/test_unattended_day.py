"""A day of four-hourly runs as cron starts them, with what goes wrong on such a day.

The marts end right, and who watches is told exactly what happened, once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.errors import DaybookError
from pipeline.run import RunOrder, execute
from pipeline.settings import SourceConfig
from tests.integration.pipeline.receivers import MailServer, webhook
from tests.integration.pipeline.small_source import INVOICES, PAYMENTS, changed, write_source
from tests.integration.pipeline.support import query
from warehouse.engine import connect

_DAYS_OVERDUE = "select invoice_id, amount_due, days_overdue from marts.outstanding_payments order by 1"


def _run_at(folder: Path, hour: int) -> str:
    """The run of an hour counted from 10 March 2026, 00:00 UTC; each hospital has its own date then."""
    instant = datetime(2026, 3, 10 + hour // 24, hour % 24, tzinfo=UTC)
    try:
        return execute(RunOrder([SourceConfig("main", str(folder))], instant)).outcome
    except DaybookError as error:
        return type(error).__name__


@pytest.mark.usefixtures("database")
def test_a_day_with_failures_ends_right_and_was_told_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = MailServer()
    mail.start()
    with webhook() as (url, hook):
        monkeypatch.setenv("DAYBOOK_ALERT_URLS", f"{url} {mail.url}")
        folder = write_source(tmp_path / "s")
        outcomes = [_run_at(folder, 0)]
        # 04:00: midnight has passed in New York (H1), so aging moves; nothing else is new. 06:00, by hand: nothing at all.
        outcomes += [_run_at(folder, 4), _run_at(folder, 6)]
        # 08:00: the billing system delivers nonsense. 12:00: still, and the mail server is down. 14:00: killed.
        write_source(folder, invoices=[{**row, "total": "oops"} for row in INVOICES * 2])
        outcomes += [_run_at(folder, 8)]
        mail.stop()
        outcomes += [_run_at(folder, 12)]
        with connect("etl", autocommit=True) as connection:
            connection.execute(
                "insert into ops.etl_process_status (status, started_at, instant, stage) values ('running', now(), now(), 'land')"
            )
        # 16:00: corrected, and a payment has come. 20:00: the payments are not there. 24:00: they are again.
        late = {**PAYMENTS[0], "payment_id": "R9", "invoice_id": "I2", "amount": "50.50", "payment_date": "2026-03-10"}
        write_source(folder, invoices=changed(INVOICES, "I3", total="90.00"), payments=[*PAYMENTS, late])
        outcomes += [_run_at(folder, 16)]
        (folder / "payments.csv").rename(tmp_path / "payments.csv")
        outcomes += [_run_at(folder, 20)]
        mail.start()
        (tmp_path / "payments.csv").rename(folder / "payments.csv")
        outcomes += [_run_at(folder, 28)]
    mail.stop()

    assert outcomes == [
        "published", "published", "unchanged", "GateFailedError", "GateFailedError", "published", "SourceError", "published",
    ]  # fmt: skip
    told = ["a gate halted a run", "recovered", "a run failed", "recovered"]
    assert [message["title"] for message in hook] == [f"Daybook: {what}" for what in told]
    assert [subject for subject, _ in mail.texts()] == [f"Daybook: {what}" for what in told]
    assert query("select count(*) from ops.alerts where delivered_at is null") == [(0,)]
    # H1 is at 11 March, H2 (whose invoice has no due date: 15 February) too; 90.00 less 30.00 and 250.50 less 50.50 are open.
    assert query(_DAYS_OVERDUE) == [
        ("I1", Decimal("40.000"), 30), ("I2", Decimal("200.000"), 8), ("I3", Decimal("60.000"), 24),
    ]  # fmt: skip
    assert query("select outcome, count(*) from ops.etl_process_status group by 1 order by 1") == [
        ("error", 1), ("gate", 2), ("killed", 1), ("published", 4), ("unchanged", 1),
    ]  # fmt: skip
