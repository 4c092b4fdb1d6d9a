"""Databases as sources: exact text, one moment, and errors that show no password."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from pipeline.errors import MappingError, SourceError, SourceUnreachableError
from pipeline.sources import MappedSource, database_url, open_source
from pipeline.sources.batch import CHUNK_ROWS
from pipeline.sources.database import Database
from pipeline.sources.textformat import TextFormat
from tests.unit.pipeline.sources.support import records, rows
from warehouse.settings import SettingsError

_TABLES = """
create table invoices (invoice_id text, hospital_id text, patient_id text, invoice_date {date}, total {money}, status text);
create table payments (payment_id text, payment_date {date}, amount {money}, status text);
insert into invoices values ('0071', 'H1', 'P1', '2024-01-05', 100.10, 'issued');
insert into payments values ('1', '2024-01-06', 40.30, 'paid');
"""


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    path = tmp_path / "clinic.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(_TABLES.format(date="text", money="numeric"))
    return f"sqlite:///{path}"


@pytest.fixture
def postgres(server: str, tmp_path: Path) -> str:
    schema = f"source_{abs(hash(tmp_path)) % 10**9}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create schema {schema}")
        connection.execute(f"set search_path = {schema}")
        for statement in _TABLES.format(date="date", money="numeric(12,3)").strip().split(";\n"):
            connection.execute(statement.rstrip(";"))
    return f"{server}?options=-csearch_path%3D{schema}"


def test_sqlite_is_read_as_text(sqlite: str) -> None:
    source = open_source("test", sqlite)
    assert source.tables == ("invoices", "payments")
    assert rows(source, "invoices")[0]["invoice_id"] == "0071"
    assert [row["amount"] for row in rows(source, "payments")] == ["40.3"]


def test_postgresql_is_read_as_exact_text(postgres: str) -> None:
    source = open_source("test", postgres)
    assert rows(source, "invoices") == [
        {
            "invoice_id": "0071",
            "hospital_id": "H1",
            "patient_id": "P1",
            "invoice_date": "2024-01-05",
            "total": "100.100",
            "status": "issued",
        }
    ]


def test_postgresql_types_become_iso_text_whatever_the_driver_cannot_hold(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            'create table odd ("a ""%b" timestamptz, b timestamp, c date, d float8, e boolean, f numeric)'
        )
        values = "'2024-03-01 12:00+02', '2024-03-01 12:00:00.5', 'infinity', 0.1::float8 + 0.2, true, 1e-7"
        connection.execute(f"insert into odd values ({values})")
    database = Database(postgres)
    (table,) = database.find(["odd"], TextFormat())
    assert table.columns[0] == 'a "%b'
    found = (
        "2024-03-01T10:00:00+00:00",
        "2024-03-01T12:00:00.5",
        "infinity",
        "0.30000000000000004",
        "true",
        "0.0000001",
    )
    assert records(table)[0] == [found]
    database.release()


def test_all_tables_of_a_pass_show_one_moment(postgres: str) -> None:
    source = open_source("test", postgres)
    assert len(rows(source, "invoices")) == 1
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("insert into payments values ('2', '2024-01-07', 1, 'paid')")
    assert len(rows(source, "payments")) == 1
    assert len(rows(source, "payments")) == 2, "the pass ended with its last table; this is a new one"
    source.close()


def test_a_source_database_is_never_written(sqlite: str, postgres: str) -> None:
    for url in (sqlite, postgres):
        database = Database(url)
        with pytest.raises(SourceError, match=r"read-?only"), database.errors():
            database.connection().exec_driver_sql("delete from payments")


def test_large_tables_come_in_chunks(sqlite: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "clinic.db") as connection:
        new = ((str(i), "2024-01-06", "1.00", "paid") for i in range(2, CHUNK_ROWS + 10))
        connection.executemany("insert into payments values (?, ?, ?, ?)", new)
    chunks = list(open_source("test", sqlite).read("payments"))
    assert [len(chunk.frame) for chunk in chunks] == [CHUNK_ROWS, 9]
    assert [chunks[0].lines[0], chunks[1].lines[-1]] == [1, CHUNK_ROWS + 9]


def test_views_and_joins_over_tables(sqlite: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "clinic.db") as connection:
        connection.executescript(
            "create table people (nr text, town text); insert into people values ('P1', 'H9');"
            "create view open_invoices as select * from invoices"
        )
    mapping = tmp_path / "m.yml"
    mapping.write_text("""
tables:
  invoices:
    from: open_invoices
    join: {from: people, on: {patient_id: nr}}
    columns:
      {invoice_id: invoice_id, hospital_id: people.town, patient_id: patient_id, invoice_date: invoice_date,
       total: total, status: status}
  payments: {from: payments}
""")
    assert rows(open_source("test", sqlite, mapping), "invoices")[0]["hospital_id"] == "H9"


def test_a_missing_table_is_named(sqlite: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "clinic.db") as connection:
        connection.execute("alter table payments rename to payment")
    with pytest.raises(SourceError, match=r"has no table `payments` \(did you mean `payment`\?\), which is required"):
        open_source("test", sqlite)
    mapping = tmp_path / "m.yml"
    mapping.write_text("tables: {invoices: {from: invoices}, payments: {from: paiments}}")
    with pytest.raises(MappingError, match=r"`tables.payments.from` names `paiments`"):
        open_source("test", sqlite, mapping)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "postgresql://joe:Gehe1m@127.0.0.1:1/clinic",
            r"postgresql\+psycopg://joe:\*\*\*@127.0.0.1:1/clinic does not answer",
        ),
        ("mysql://joe:Gehe1m@127.0.0.1:1/clinic", r"mysql\+pymysql://joe:\*\*\*@127.0.0.1:1/clinic does not answer"),
        ("postgresql://127.0.0.1:1/clinic?user=joe&password=Gehe1m", r"password=\*\*\*.* does not answer"),
        ("oracle://joe:Gehe1m@127.0.0.1/clinic", r"no driver `oracle` is installed"),
        ("nosuch://joe:Gehe1m@127.0.0.1/clinic", r"no driver `nosuch` is installed"),
        ("sqlite:////nowhere/clinic.db", r"there is no file /nowhere/clinic\.db"),
    ],
)
def test_an_unreachable_database_is_one_sentence_without_the_password(url: str, said: str) -> None:
    with pytest.raises(SourceUnreachableError, match=said) as error:
        open_source("test", url)
    assert "Gehe1m" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_wrong_password_is_not_repeated(server: str) -> None:
    url = server.replace("://daybook:", "://daybook:Gehe1m-")
    with pytest.raises(SourceUnreachableError, match="password authentication failed") as error:
        open_source("test", url)
    assert "Gehe1m" not in str(error.value)


def test_a_url_that_is_none_is_not_repeated() -> None:
    with pytest.raises(SourceError, match="is not understood") as error:
        open_source("test", "postgresql://joe:Gehe1m@host:port:x/db")
    assert "Gehe1m" not in str(error.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database " * 100)
    with pytest.raises(SourceError, match=r"cannot be read|does not answer"):
        open_source("test", f"sqlite:///{tmp_path / 'x.db'}")
    assert not (tmp_path / "x.db-journal").exists()


def test_the_description_has_no_password(postgres: str) -> None:
    source: MappedSource = open_source("test", postgres)
    password = make_url(postgres).password
    assert password
    assert password not in str(source.describe())
    assert source.describe()["found"] == [{"table": "invoices"}, {"table": "payments"}]
    source.close()


def test_text_that_is_not_utf8_costs_its_row_and_is_never_shown(sqlite: str) -> None:
    with sqlite3.connect(sqlite.removeprefix("sqlite:///")) as connection:
        connection.execute("insert into invoices values (cast(x'4ac3' as text), 'H1', 'P1', '2024-01-05', 1, 'issued')")
    found = rows(open_source("test", sqlite), "invoices")
    assert [row["invoice_id"] for row in found] == ["0071", "J\udcc3"]  # the row checks refuse what is no text


def test_a_path_that_is_too_long_is_said() -> None:
    with pytest.raises(SourceUnreachableError, match="cannot be read: File name too long"):
        open_source("test", f"sqlite:///{'x' * 5000}")


def test_another_machines_postgresql_is_read_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_ENV", "production")
    url = database_url.parse("postgresql://reader:secret@db.example.org/clinic")
    assert database_url.engine(url).url.query["sslmode"] == "require"
    with pytest.raises(SettingsError, match="sslmode=prefer and the database is on another machine") as refused:
        database_url.engine(url.update_query_dict({"sslmode": "prefer"}))
    assert "secret" not in str(refused.value)


def test_another_machines_mysql_is_not_read_in_clear(mysql_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_url, "is_here", lambda _: False)
    url = database_url.parse(mysql_server)
    with pytest.raises(OperationalError, match="SSL is required") as refused:
        database_url.engine(url).connect()
    assert "does not answer" in str(database_url.sentence(url, refused.value))


def test_a_server_elsewhere_is_never_read_in_clear() -> None:
    url = database_url.parse("mysql://reader:x@bills.example.org/billing?ssl_disabled=true")
    with pytest.raises(SourceError, match="take ssl_disabled out of its URL"):
        database_url.engine(url)
    here = database_url.parse("mysql://reader:x@127.0.0.1/billing?ssl_disabled=true")
    assert database_url.engine(here).url.host == "127.0.0.1"
