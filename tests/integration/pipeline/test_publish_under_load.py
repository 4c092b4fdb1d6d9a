"""Readers of every kind read without a pause while builds are published and taken back: none fails, none sees a mix."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pipeline import publish
from pipeline.lock import run_lock
from tests.integration.pipeline.small_source import DAY, INVOICES, changed, write_source
from tests.integration.pipeline.support import run
from warehouse import locks
from warehouse.engine import connect

# What must agree within one statement, and within one repeatable-read transaction.
_BALANCES = "select coalesce(sum(balance), 0) from marts.fct_invoices"
_LEDGER = "select coalesce(sum(amount), 0) from marts.fct_receivable_events where invoice_key is not null"
_BOTH = f"select ({_BALANCES}), ({_LEDGER}), (select count(*) from marts.fct_invoices)"
_TOTALS = {Decimal("340.500"), Decimal("290.000"), Decimal("240.000")}  # I2 at 250.50, 200.00 and 150.00


def _autocommit(connection: psycopg.Connection[Any]) -> tuple[Any, ...]:
    return connection.execute(_BOTH).fetchall()[0]


def _prepared(connection: psycopg.Connection[Any]) -> tuple[Any, ...]:
    return connection.execute(_BOTH, prepare=True).fetchall()[0]


def _in_transaction(connection: psycopg.Connection[Any]) -> tuple[Any, ...]:
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        first = connection.execute(_BALANCES).fetchall()[0][0]
        ((ledger, count),) = connection.execute(
            f"select ({_LEDGER}), (select count(*) from marts.fct_invoices)"
        ).fetchall()
        return first, ledger, count


def _as_the_portal(connection: psycopg.Connection[Any]) -> tuple[Any, ...]:
    """Pin the live build, then read its tables one by one, as a request does."""
    with connection.transaction():
        ((build_id, schema),) = connection.execute(
            "select build_id, schema_name from ops.builds where state = 'live'"
        ).fetchall()
        connection.execute(
            "select pg_try_advisory_xact_lock_shared(%s, %s), set_config('search_path', %s, true),"
            " set_config('daybook.hospitals', 'H1,H2', true)",
            [locks.READER, build_id, schema],
        )
        first = connection.execute(_BALANCES.replace("marts.", "")).fetchall()[0][0]
        ledger = connection.execute(_LEDGER.replace("marts.", "")).fetchall()[0][0]
        return first, ledger, connection.execute("select count(*) from fct_invoices").fetchall()[0][0]


_READERS: list[tuple[str, Callable[[psycopg.Connection[Any]], tuple[Any, ...]]]] = [
    ("etl", _autocommit), ("etl", _prepared), ("etl", _in_transaction), ("portal", _as_the_portal),
]  # fmt: skip


class _Reader(threading.Thread):
    """Reads until it is told to stop; keeps every total it saw and whatever went wrong."""

    def __init__(self, role: str, read: Callable[[psycopg.Connection[Any]], tuple[Any, ...]], stop: threading.Event):
        super().__init__(name=read.__name__)
        self._role, self._read, self._stop_it = role, read, stop
        self.totals: set[Decimal] = set()
        self.wrong: list[str] = []
        self.count = 0

    def run(self) -> None:
        try:
            with connect(self._role, autocommit=True) as connection:
                while not self._stop_it.wait(0.01):
                    balances, ledger, invoices = self._read(connection)
                    self.count += 1
                    self.totals.add(balances)
                    if balances != ledger or invoices != len(INVOICES) or balances not in _TOTALS:
                        self.wrong.append(f"{balances} in balances, {ledger} in the ledger, {invoices} invoices")
        except Exception as error:  # noqa: BLE001 - a failed read is what is looked for
            self.wrong.append(f"{type(error).__name__}: {error}")


@pytest.mark.usefixtures("published_database")
def test_no_reader_fails_or_sees_a_mix_while_builds_come_and_go(tmp_path: Path) -> None:
    stop = threading.Event()
    readers = [_Reader(role, read, stop) for role, read in _READERS]
    with connect("etl") as idle:
        idle.execute(_BOTH)  # and stays in its transaction
        for reader in readers:
            reader.start()
        try:
            for total in ("200.00", "150.00"):
                assert (
                    run(write_source(tmp_path, invoices=changed(INVOICES, "I2", total=total)), DAY).outcome
                    == "published"
                )
            with run_lock() as connection:
                publish.rollback(connection, "tester")
        finally:
            stop.set()
            for reader in readers:
                reader.join()
    assert [(reader.name, reader.wrong[:3]) for reader in readers if reader.wrong] == []
    for reader in readers:
        assert reader.count > 10, reader.name
        assert reader.totals == _TOTALS, reader.name
