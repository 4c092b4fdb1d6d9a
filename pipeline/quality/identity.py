"""The last look for people: values in any text column of a candidate that are written like a number or mail of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from pipeline.landing.values import MAIL, SSN

Found = Sequence[tuple[str, str, int]]
"""Tables of a candidate, their columns of text, and how many values there are like a person's."""

_COLUMNS = """
select table_name::text, array_agg(column_name::text order by ordinal_position) from information_schema.columns
where table_schema = 'candidate' and data_type in ('text', 'character varying', 'character') group by 1 order by 1
"""
# Lengths first: they are known without reading the text, and millions of ids have another one.
_LIKE_A_PERSON = """
(octet_length({c}) = 11 and {c} ~ {number}) or (strpos({c}, '@') > 0 and {c} ~ {mail})
"""
_INSIDE = " or (octet_length({c}) > 11 and {c} ~ {within})"
_TABLE = """
select {table} as table_name, found.column_name, found.found
from (select {counts} from {candidate}) as counted cross join lateral (values {pairs}) as found (column_name, found)
"""


def look(connection: psycopg.Connection[Any]) -> Found:
    """Count, for every column of text of the candidate, the values that are a social security number or hold a mail address.

    Ids are compared as a whole, for numbers of other systems hold any digits; of other texts every part is.
    """
    tables = connection.execute(_COLUMNS).fetchall()
    return [row for table, columns in tables for row in connection.execute(_counted(table, columns)).fetchall()]


def as_query(found: Found) -> str:
    """Return what was found as the query of a gate, which would otherwise read the candidate once for each thing it asks."""
    rows = [sql.SQL("select {}, {}, {}").format(*map(sql.Literal, row)) for row in found]
    nothing = sql.SQL("select '' as table_name, '' as column_name, 0 as found where false")
    return sql.SQL(" union all ").join([nothing, *rows]).as_string()


def _counted(table: str, columns: Sequence[str]) -> sql.Composed:
    counts = [
        sql.SQL("count(*) filter (where {}) as {}").format(_condition(name), sql.Identifier(name)) for name in columns
    ]
    pairs = [sql.SQL("({}, {})").format(sql.Literal(name), sql.Identifier("counted", name)) for name in columns]
    return sql.SQL(_TABLE).format(
        table=sql.Literal(table), counts=sql.SQL(", ").join(counts), pairs=sql.SQL(", ").join(pairs),
        candidate=sql.Identifier("candidate", table),
    )  # fmt: skip


def _condition(column: str) -> sql.Composed:
    is_id = column.endswith(("_id", "_of", "_number"))
    return sql.SQL(_LIKE_A_PERSON + ("" if is_id else _INSIDE)).format(
        c=sql.Identifier(column), number=sql.Literal(f"^{SSN}$"), mail=sql.Literal(MAIL),
        within=sql.Literal(f"(^|[^0-9A-Za-z-]){SSN}($|[^0-9A-Za-z-])"),
    )  # fmt: skip
