"""Publishing and taking back: readers see one build or the other, never a mix and never nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from pipeline import publish
from pipeline.errors import DiskSpaceError, UsageError
from pipeline.lock import run_lock
from pipeline.run import RunOrder, execute
from pipeline.settings import SourceConfig
from tests.integration.pipeline.small_source import DAY, INVOICES, changed, write_source
from tests.integration.pipeline.support import etl, outstanding, published, query, run
from warehouse.engine import connect

_I2 = "select amount_due from marts.outstanding_payments where invoice_id = 'I2'"


@pytest.mark.usefixtures("published_database", "data_tests")
def test_open_readers_neither_block_a_publish_nor_see_half_of_it(tmp_path: Path) -> None:
    with connect("etl") as in_transaction, connect("etl", autocommit=True) as autocommit:
        in_transaction.execute("set transaction isolation level repeatable read")
        assert in_transaction.execute(_I2).fetchone() == (Decimal("250.500"),)
        autocommit.prepare_threshold = 0
        autocommit.execute(_I2)
        run(write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00")), DAY)
        assert in_transaction.execute(_I2).fetchone() == (Decimal("250.500"),)
        assert autocommit.execute(_I2).fetchone() == (Decimal("200.000"),)
        in_transaction.rollback()
        assert in_transaction.execute(_I2).fetchone() == (Decimal("200.000"),)


@pytest.mark.usefixtures("published_database")
def test_rollback_brings_the_previous_build_back_and_holds_until_released(tmp_path: Path) -> None:
    first = published()
    corrected = write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00"))
    run(corrected, DAY)
    second = published().partition(": ")[2]
    with run_lock() as connection:
        publish.rollback(connection, "tester")
        with pytest.raises(UsageError, match="no previous build"):
            publish.rollback(connection, "tester")
    assert published() == first
    assert outstanding()[1][1] == Decimal("250.500")
    assert run(corrected, DAY).outcome == "held"
    assert published() == first
    released = etl("release")
    assert released.returncode == 0 and "released" in released.stdout
    assert run(corrected, DAY).outcome == "published"
    assert published().partition(": ")[2] == second


@pytest.mark.usefixtures("published_database")
def test_a_build_that_shows_a_hospital_to_another_is_taken_back(tmp_path: Path) -> None:
    first = published()
    folder = write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00"))

    def open_it(event: str, detail: dict[str, Any]) -> None:
        if event == "stage" and detail["stage"] == "publish":  # the gates have passed
            with connect("owner", autocommit=True) as owner:
                owner.execute("alter table candidate.outstanding_payments disable row level security")

    order = RunOrder([SourceConfig("main", str(folder))], datetime.now(UTC), date.fromisoformat(DAY))
    with pytest.raises(
        publish.PublishError, match=r"hospital H\d sees another one in outstanding_payments. Build 1 is live"
    ):
        execute(order, open_it)
    assert published() == first
    assert query("select held, held_by from ops.publishing") == [(True, "a look after publishing")]
    assert query("select status, outcome from ops.etl_process_status order by id desc limit 1") == [
        ("failed", "taken back")
    ]


@pytest.mark.usefixtures("published_database")
def test_a_run_without_room_on_the_disk_does_not_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = published()
    full = SimpleNamespace(f_bavail=1000, f_frsize=4096)
    monkeypatch.setattr("pipeline.disk.os.statvfs", lambda _: full)
    with pytest.raises(DiskSpaceError, match=r"has 4 MB free and a run may need 2[0-9]+ MB"):
        run(write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00")), DAY)
    assert published() == first
    monkeypatch.undo()
    assert run(tmp_path, DAY).outcome == "published"


@pytest.mark.usefixtures("published_database")
def test_older_builds_are_dropped_unless_somebody_reads_them(tmp_path: Path) -> None:
    run(write_source(tmp_path, invoices=changed(INVOICES, "I2", total="2.00")), DAY)
    assert query("select count(*) from pg_namespace where nspname like 'marts_b%%'") == [(2,)]
    with connect("etl") as reader:
        reader.execute("select pg_advisory_xact_lock_shared(%s, 1)", [7_340_010])
        run(write_source(tmp_path, invoices=changed(INVOICES, "I2", total="3.00")), DAY)
        assert query("select count(*) from pg_namespace where nspname = 'marts_b1'") == [(1,)]
    run(write_source(tmp_path, invoices=changed(INVOICES, "I2", total="4.00")), DAY)
    schemas = query("select nspname from pg_namespace where nspname like 'marts%%' order by 1")
    assert schemas == [("marts",), ("marts_b3",), ("marts_b4",)]


@pytest.mark.usefixtures("published_database")
def test_the_portal_role_reads_a_build_only_for_its_hospitals(tmp_path: Path) -> None:
    count = "select count(*) from marts_b1.fct_invoices"
    with connect("portal") as portal:
        assert portal.execute(count).fetchone() == (0,)
        portal.execute("select set_config('daybook.hospitals', 'H1', true)")
        assert portal.execute(count).fetchone() == (2,)
        portal.rollback()
        for statement in (
            "select * from raw.invoices",
            "select * from phi.patients",
            "delete from marts_b1.fct_invoices",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                portal.execute(statement)
            portal.rollback()


@pytest.mark.usefixtures("published_database")
def test_an_analyst_reads_the_marts_of_the_hospitals_of_their_login_and_nothing_else() -> None:
    login = "analyst_of_h2"
    with connect("owner", autocommit=True) as owner:
        owner.execute(f"drop role if exists {login}")
        owner.execute(f"create role {login} login password 'analyst' in role daybook_analyst inherit")
        owner.execute("insert into ops.analyst_hospitals values (%s, 'H2'), ('somebody', 'H1')", [login])
        with psycopg.connect(owner.info.dsn, user=login, password="analyst") as analyst:
            assert analyst.execute("select distinct hospital_id from marts.fct_invoices").fetchall() == [("H2",)]
            analyst.execute("select set_config('daybook.hospitals', 'H1', false)")
            assert analyst.execute("select distinct hospital_id from marts.fct_invoices").fetchall() == [("H2",)]
            assert analyst.execute("select login from ops.analyst_hospitals").fetchall() == [(login,)]
            analyst.commit()
            for statement in (
                "select * from raw.invoices",
                "select * from phi.patients",
                "select * from ops.gate_results",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    analyst.execute(statement)
                analyst.rollback()
        owner.execute(f"drop role {login}")
