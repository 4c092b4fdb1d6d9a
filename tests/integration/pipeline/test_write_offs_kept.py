"""What is gone from a source takes no write-off along: who asked, who decided and how much stays, here and in the marts."""

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
_ASKED = [("I2", "100.000", "APPROVED", True, True)]


def _kept() -> list[tuple[object, ...]]:
    with connect("owner") as connection:
        return connection.execute(
            "select invoice_id, amount::text, status, requested_by is not null, decided_by is not null from portal.write_offs"
        ).fetchall()


def _counted() -> list[tuple[object, ...]]:
    return query(
        "select invoice_id, invoice_key is not null, amount::text, status from marts.fct_write_offs order by 1"
    )


def test_a_write_off_stays_when_its_hospital_or_invoice_is_gone(tmp_path: Path) -> None:
    with open_desk() as desk:
        desk.decide(desk.ask("I2", "100", now=_APPROVED), now=_APPROVED)
        # Rows of a hospital that nobody describes any more are refused: what was known of it stands, and says it is stale.
        closed = write_source(tmp_path / "closed", hospitals=HOSPITALS[1:])
        assert run(closed, "2026-03-11").outcome == "published"
        assert (_kept(), _counted()) == (_ASKED, [("I2", True, "100.000", "APPROVED")])
        assert desk.balance("I2") == "150.500"

        gone = write_source(tmp_path / "gone", invoices=[row for row in INVOICES if row["invoice_id"] != "I2"])
        assert run(gone, "2026-03-12").outcome == "published"
        assert query("select 1 from marts.fct_invoices where invoice_id = 'I2'") == []
        assert (_kept(), _counted()) == (_ASKED, [("I2", False, "100.000", "APPROVED")])


@pytest.mark.parametrize(
    ("role", "refusal"),
    [
        ("portal", psycopg.errors.InsufficientPrivilege),
        ("etl", psycopg.errors.InsufficientPrivilege),
        ("owner", psycopg.errors.ForeignKeyViolation),  # its decision stands, which nobody takes away
    ],
)
def test_nobody_deletes_a_write_off_that_was_decided(role: str, refusal: type[Exception]) -> None:
    with open_desk() as desk:
        desk.decide(desk.ask("I2", "100", now=_APPROVED), now=_APPROVED)
        with connect(role) as connection, pytest.raises(refusal):
            connection.execute("delete from portal.write_offs")
    assert _kept() == _ASKED
