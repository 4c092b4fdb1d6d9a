"""What is gone from a source takes no write-off along: who asked, who decided and how much stays, for the portal and its marts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.integration.pipeline.small_source import HOSPITALS, INVOICES, write_source
from tests.integration.pipeline.support import query, run
from tests.portal.write_offs.desk import open_desk
from warehouse.engine import connect

pytestmark = pytest.mark.usefixtures("published_database")
_APPROVED = datetime(2026, 3, 10, 15, tzinfo=UTC)
_KEPT = "select invoice_id, amount::text, status, requested_by is not null, decided_by is not null from portal.write_offs"
_COUNTED = "select invoice_id, invoice_key is not null, amount::text, status, reconciliation from marts.fct_write_offs order by 1"


def _kept() -> list[tuple[object, ...]]:
    with connect("owner") as connection:
        return connection.execute(_KEPT).fetchall()


def test_a_write_off_stays_when_its_invoice_or_hospital_is_gone(tmp_path: Path) -> None:
    with open_desk() as desk:
        desk.decide(desk.ask("I2", "100", now=_APPROVED), now=_APPROVED)
        gone = write_source(tmp_path / "gone", invoices=[row for row in INVOICES if row["invoice_id"] != "I2"])
        print(run(gone, "2026-03-11"))
        print(_kept(), query(_COUNTED), query("select * from marts.rpt_roll_forward"))
        back = write_source(tmp_path / "back")
        print(run(back, "2026-03-12"))
        print(_kept(), query(_COUNTED), desk.balance("I2"))
        closed = write_source(tmp_path / "closed", hospitals=HOSPITALS[1:])
        print(run(closed, "2026-03-13"))
        print(_kept(), query(_COUNTED), desk.balance("I2"))
    assert 0
