"""The hand-checked world of tests/warehouse/world.py as a published build: real marts, made by dbt, behind the portal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection, text

from pipeline.transform import build_candidate
from tests.integration.pipeline.support import without_data_tests
from tests.warehouse import closes
from tests.warehouse.deliveries import load
from tests.warehouse.world import BUSINESS_DATES, DELIVERIES
from warehouse import engine, identity, migrate
from warehouse.engine import connect
from warehouse.settings import load_secrets

PUBLISH = """
    alter schema candidate rename to marts_b1;
    grant usage on schema marts_b1 to daybook_portal;
    update ops.builds set state = 'live', published_at = instant where state = 'building';
    update ops.etl_process_status
       set status = 'completed', completed_at = started_at, outcome = 'published'
     where id = (select run_id from ops.builds where state = 'live');
    delete from ops.etl_process_status as runs
     where status = 'running' and not exists (select from ops.batches where run_id = runs.id);
    update ops.etl_process_status set status = 'completed', completed_at = started_at where status = 'running';
"""


def publish_world() -> None:
    """Load the world into the database of ``DATABASE_URL``, build its marts and make them live."""
    migrate.upgrade()  # a copied database has its own grants
    with connect("owner") as connection:
        load(connection, DELIVERIES, BUSINESS_DATES)
        closes.load(connection, closes.CLOSES[:1])
        connection.execute("update ops.business_dates set history_from = business_date - 365")
        connection.commit()
    with without_data_tests():  # tests/warehouse/dbt asks them of the same world
        build_candidate()
    with connect("owner") as connection:
        _publish(connection)


def _publish(connection: psycopg.Connection[object]) -> None:
    connection.execute(PUBLISH)
    connection.commit()


def add_identity(hospital_id: str, patient_id: str, **fields: str) -> None:
    """Give a patient an identity that can be searched, as the landing does."""
    keys = load_secrets()
    with connect("owner") as connection:
        connection.execute(
            "insert into phi.patients values ('main', %s, %s, 1, %s, 'hash')",
            [hospital_id, patient_id, identity.encrypt(fields, keys.phi_keys)],
        )
        for kind, token in identity.tokens_for(fields, keys.search_key):
            connection.execute(
                "insert into phi.search_tokens values ('main', %s, %s, %s, %s)", [hospital_id, patient_id, kind, token]
            )
        connection.commit()


@contextmanager
def environment(url: str) -> Iterator[None]:
    """Let ``DATABASE_URL`` be ``url`` for a while."""
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = url
    engine.engine.cache_clear()
    yield
    engine.engine.cache_clear()
    restore(before)


@contextmanager
def reading(url: str) -> Iterator[Callable[[str], Connection]]:
    """Yield what opens the live build of a database as the portal's role, for the hospitals that it is told."""
    opened: list[Connection] = []

    def open_for(hospitals: str) -> Connection:
        connection = engine.engine("portal").connect()
        opened.append(connection)
        connection.execute(
            text(
                "select set_config('search_path', 'marts_b1', true), set_config('daybook.hospitals', :names, true),"
                " set_config('daybook.build', '1', true)"
            ),
            {"names": hospitals},
        )
        return connection

    with environment(url):
        yield open_for
        for connection in opened:
            connection.close()


def restore(url: str | None) -> None:
    """Let ``DATABASE_URL`` be what it was."""
    os.environ.pop("DATABASE_URL", None)
    if url:
        os.environ["DATABASE_URL"] = url
