"""What the database plans for every question of a request: on the portal's own connections, in the middle of its transactions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import event

from portal.builds import _ENGINE
from portal.models import db

_ASKS = re.compile(r"\s*(select|with)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Scan:
    """How a table was to be read.

    Attributes:
        how: the kind of scan, such as ``Seq Scan`` or ``Index Scan``.
        looks_up: what an index is searched by.
        looks_at: what each row that was found is asked.
        question: the whole SQL.
    """

    table: str
    how: str
    looks_up: str
    looks_at: str
    question: str


@contextmanager
def planned(app: Flask) -> Iterator[list[Scan]]:
    """Collect how tables were to be read meanwhile."""
    scans: list[Scan] = []

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if not _ASKS.match(statement):
            return
        with cursor.connection.cursor() as own:
            own.execute(f"explain (format json) {statement}", parameters)
            scans.extend(_scans(own.fetchone()[0][0]["Plan"], statement))

    with app.app_context():
        engines = [app.extensions[_ENGINE], db.engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", explain)
    try:
        yield scans
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", explain)


def _scans(node: dict[str, Any], question: str, looked_up: str = "") -> Iterator[Scan]:
    looks_up = f"{node.get('Index Cond', '')} {looked_up}".strip()
    if "Relation Name" in node:
        yield Scan(node["Relation Name"], node["Node Type"], looks_up, str(node.get("Filter", "")), question)
        looks_up = ""
    for part in node.get("Plans", ()):
        yield from _scans(part, question, looks_up)
