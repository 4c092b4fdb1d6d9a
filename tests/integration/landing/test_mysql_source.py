"""MySQL as a source, against a real server: exact text, one moment, read-only, and changes only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pymysql
import pytest

from pipeline.errors import SourceError, SourceUnreachableError
from pipeline.sources import open_source
from pipeline.sources.database import Database
from pipeline.sources.textformat import TextFormat
from tests.integration.landing.clinic_database import ClinicDatabase
from tests.integration.landing.world import Warehouse
from tests.unit.pipeline.sources.support import records, rows

_numbers = itertools.count(1)


def _run(server: str, *statements: str) -> None:
    port = int(server.rsplit(":", 1)[1].split("/", 1)[0])
    with pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True) as connection:
        for statement in statements:
            connection.cursor().execute(statement)


@pytest.fixture
def source_url(mysql_server: str) -> Iterator[str]:
    """URL of an empty database of its own."""
    name = f"clinic_{next(_numbers)}"
    _run(mysql_server, f"create database {name} character set utf8mb4")
    yield f"{mysql_server}/{name}"
    _run(mysql_server, f"drop database {name}")


def test_types_become_exact_text(source_url: str, mysql_server: str):
    name = source_url.rsplit("/", 1)[1]
    _run(
        mysql_server,
        f"use {name}",
        "set time_zone = '+02:00'",
        "set sql_mode = ''",
        'create table odd (`a "%b` int, amount decimal(14,3), d date, local datetime(6), moment timestamp(3) null, t tinyint(1),'
        " f double, blob_ blob, word varchar(20), big bigint unsigned, y year)",
        "insert into odd values (7, 1234.100, '2025-02-28', '2025-03-01 12:00:00.5', '2025-03-01 12:00:00.25', 1, 0.1, x'4ac3b6',"
        " 'Zoë 💉', 18446744073709551615, 2025)",
        "insert into odd values (8, null, '0000-00-00', '0000-00-00 00:00:00', null, 0, 1e20, null, '', 0, null)",
    )
    database = Database(source_url)
    (table,) = database.find(["odd"], TextFormat())
    found, lines, unreadable = records(table)
    database.release()
    assert found[0] == (
        "7", "1234.100", "2025-02-28", "2025-03-01T12:00:00.500000", "2025-03-01T10:00:00.250000+00:00", "1", "0.1", "Jö",
        "Zoë 💉", "18446744073709551615", "2025",
    )  # fmt: skip
    assert found[1][1:5] == (None, "0000-00-00", "0000-00-00 00:00:00.000000", None)
    assert (lines, unreadable) == ([1, 2], [])


def test_all_tables_of_a_pass_show_one_moment_and_nothing_is_written(source_url: str, warehouse: Warehouse):
    clinic = ClinicDatabase(source_url, warehouse)
    clinic.create("datetime")
    clinic.invoice("I1", "2025-06-01 10:00:00")
    source = open_source("test", source_url)
    assert len(rows(source, "invoices")) == 1
    clinic.execute("insert into payments values ('Y1', 'I1', '2025-06-10', 5, 'paid', null)")
    assert len(rows(source, "payments")) == 0
    source.close()
    database = Database(source_url)
    with pytest.raises(SourceError, match="READ ONLY"), database.errors():
        database.connection().exec_driver_sql("delete from payments")


@pytest.mark.parametrize("stamp", ["datetime", "timestamp null", "datetime(6)", "date"])
def test_only_changes_are_read(source_url: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, stamp: str):
    monkeypatch.setenv("DAYBOOK_OVERLAP_HOURS", "1")
    clinic = ClinicDatabase(source_url, warehouse)
    clinic.create(stamp)
    clinic.invoice("I1", "2025-06-01 10:00:00")
    clinic.invoice("I2", "2025-06-30 10:00:00")
    clinic.publish()
    clinic.invoice("I3", "2025-07-01 02:00:00")
    clinic.invoice("I4", None)
    count = clinic.publish()["invoices"]
    assert (count.rows_new, count.rows_unread) == (2, 1), "the second is read again, the first is not"
    clinic.execute("delete from invoices where invoice_id = 'I1'")
    assert clinic.publish(hours=24)["invoices"].rows_deleted == 1


def test_a_timestamp_is_an_instant_and_a_datetime_is_local(source_url: str, warehouse: Warehouse):
    clinic = ClinicDatabase(source_url, warehouse)
    clinic.create("timestamp null")
    # The server's zone is India's: 2025-06-01 10:00 there is 04:30 in UTC.
    clinic.invoice("I1", "2025-06-01 10:00:00")
    clinic.execute("alter table payments modify updated_at datetime", "insert into payments values ('Y1', 'I1', '2025-06-10', 5,"
                   " 'paid', '2025-06-10 10:00:00')")  # fmt: skip
    clinic.publish()
    read = "select to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from raw.{}"
    assert warehouse.one(read.format("invoices")) == ("2025-06-01 04:30",)
    assert warehouse.one(read.format("payments")) == ("2025-06-10 14:00",), "ten o'clock in New York"


def test_what_cannot_be_reached_is_one_sentence(mysql_server: str):
    for url in (f"{mysql_server}/nowhere", mysql_server.replace("root@", "joe:Gehe1m@") + "/nowhere"):
        with pytest.raises(SourceUnreachableError, match=r"does not answer: ") as error:
            open_source("test", url)
        assert "Gehe1m" not in str(error.value) and "\n" not in str(error.value)
