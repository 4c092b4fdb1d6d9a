"""Who may read what of a built mart: the portal by its transaction's hospitals, an analyst by its login's."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import make_url

from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

_TABLES = """
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'hospital_id'
    where c.relnamespace = 'candidate'::regnamespace and c.relkind = 'r' order by 1
"""


def _seen(built: Built, role: str, hospitals: str | None) -> dict[str, set[str]]:
    tables = [name for (name,) in built.rows(_TABLES)]
    with built.connect() as connection:
        connection.execute(f"set local role {role}")
        if hospitals is not None:
            connection.execute("select set_config('daybook.hospitals', %s, true)", (hospitals,))
        return {
            table: {h for (h,) in connection.execute(f"select distinct hospital_id from candidate.{table}").fetchall()}
            for table in tables
        }


def test_the_portal_sees_nothing_without_hospitals(built: Built):
    seen = _seen(built, "daybook_portal", None)
    assert len(seen) >= 13
    assert set().union(*seen.values()) == set()


def test_the_portal_sees_the_hospitals_of_its_transaction_only(built: Built):
    seen = _seen(built, "daybook_portal", "H1")
    assert {table for table, hospitals in seen.items() if hospitals != {"H1"}} == set()
    seen = _seen(built, "daybook_portal", "H1,H2")
    assert seen["fct_invoices"] == {"H1", "H2"}


def test_an_analyst_sees_the_hospitals_of_the_login_whatever_is_set(built: Built):
    url = make_url(built.url)
    with built.connect() as connection:
        connection.execute("create role h2_analyst login password 'h2' in role daybook_analyst")
        connection.execute("insert into ops.analyst_hospitals values ('h2_analyst', 'H2')")
    try:
        with psycopg.connect(
            host=url.host, port=url.port, dbname=url.database, user="h2_analyst", password="h2"
        ) as analyst:
            analyst.execute("set daybook.hospitals = 'H1'")
            found = analyst.execute("select distinct hospital_id from candidate.fct_invoices").fetchall()
        assert found == [("H2",)]
    finally:
        with built.connect() as connection:
            connection.execute("drop role h2_analyst")
            connection.execute("delete from ops.analyst_hospitals")


def test_shared_tables_are_readable_without_hospitals(built: Built):
    with built.connect() as connection:
        connection.execute("set local role daybook_portal")
        for table in ("dim_payers", "dim_dates", "dim_aging_buckets", "metric_definitions", "model_lineage"):
            found = connection.execute(f"select count(*) from candidate.{table}").fetchone()
            assert found is not None
            assert found[0] > 0, table


def test_readers_cannot_change_a_mart(built: Built):
    for role in ("daybook_portal", "daybook_analyst"):
        with built.connect() as connection:
            connection.execute(f"set local role {role}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("delete from candidate.fct_invoices")


def test_no_mart_holds_a_column_that_names_a_person(built: Built):
    query = """
        select table_name, column_name from information_schema.columns
        where table_schema in ('candidate', 'intermediate', 'staging')
        and column_name in (
            'first_name', 'last_name', 'date_of_birth', 'birth_date', 'ssn', 'phone', 'email', 'address', 'reason'
        )
    """
    assert built.rows(query) == []
