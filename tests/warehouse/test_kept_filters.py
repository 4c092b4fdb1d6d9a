"""Lines of exports from before words were kept out of them hold none any more once they are migrated."""

from __future__ import annotations

from typing import Any

from alembic import command
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from portal.security import plain
from tests.conftest import fresh_database
from warehouse import migrate
from warehouse.engine import connect, url_for

_BEFORE, _AFTER = "0036", "0037"
_GIVEN: dict[str, list[str]] = {
    "startDate": ["2026-01-01"], "hospitalId": ["H1", "H2"], "q": ["Maria Plantedlast"], "patient": ["Plantedlast"],
    "method": ["Credit Card", "Maria Plantedlast", "check 7", "."], "measure": ["billed", "Plantedlast"],
    "patientId": ["P01", "Plantedlast"], "invoiceId": ["123-45-6789"], "category": ["BAD_DEBT", "to Maria"],
    "payerId": ["x" * 65, "AOK:7", "Größe", "a\nb"], "sort": ["-amount"],
}  # fmt: skip


def _upgrade(to: str) -> None:
    config = migrate._config()
    with create_engine(url_for("owner"), poolclass=NullPool).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def test_words_leave_the_lines_of_files_that_are_made(server: str) -> None:
    kept: dict[str, dict[str, Any]] = {"finished": _GIVEN, "failed": {"q": ["Maria"]}, "refused": {}, "waiting": _GIVEN}
    for _ in fresh_database(server, "template0"):
        _upgrade(_BEFORE)
        with connect("owner") as owner:
            owner.execute("insert into portal.users (email, password, fs_uniquifier) values ('x@y.org', '', 'x')")
            for status, filters in kept.items():
                owner.execute(
                    "insert into portal.export_log (user_id, entity_type, export_type, filename, file_size, sha256, status,"
                    " problem, filters) select id, 'kpis', 'csv', 'f', 1, repeat('0', 64), %(status)s,"
                    " case when %(status)s in ('failed', 'refused') then 'why' end, %(filters)s from portal.users",
                    {"status": status, "filters": Jsonb(filters)},
                )
        _upgrade(_AFTER)
        with connect("owner") as owner:
            found = dict(owner.execute("select status, filters from portal.export_log").fetchall())
    assert found == kept | {"finished": plain(_GIVEN), "failed": {}}
    assert "Planted" not in str(found["finished"])
