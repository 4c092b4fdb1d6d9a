"""How every query runs: named parameters in, one dataclass per row out, at once or streamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, text

Row = TypeVar("Row")
_STREAM_ROWS = 2_000  # one fetch of a server-side cursor: bounded memory, few round trips


def rows(connection: Connection, sql: str, parameters: Mapping[str, Any], kind: type[Row]) -> list[Row]:
    """Return every row of ``sql`` as a ``kind``, whose fields are named as the columns."""
    result = connection.execute(text(sql), dict(parameters))
    return [kind(**row) for row in result.mappings()]


def stream(connection: Connection, sql: str, parameters: Mapping[str, Any], kind: type[Row]) -> Iterator[Row]:
    """Yield the rows of ``sql`` from a server-side cursor, so that memory does not grow with them."""
    options = {"stream_results": True, "yield_per": _STREAM_ROWS}
    with connection.execute(text(sql), dict(parameters), execution_options=options) as result:
        for row in result.mappings():
            yield kind(**row)


def one(connection: Connection, sql: str, parameters: Mapping[str, Any], kind: type[Row]) -> Row:
    """Return the only row of an aggregate query as a ``kind``."""
    return kind(**connection.execute(text(sql), dict(parameters)).mappings().one())


def values(connection: Connection, sql: str, **parameters: Any) -> list[Any]:
    """Return the first column of ``sql``."""
    return list(connection.execute(text(sql), parameters).scalars())
