"""Room for a run, looked at before it begins: a full disk half-way loses nothing, but it stops everybody else too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psycopg

from pipeline.errors import DiskSpaceError
from warehouse.engine import connect, scalar, url_for

# What a run writes besides its build: staging and intermediate tables, sorting, the log of the database.
_TIMES_A_BUILD = 3
_LEAST = 256 * 1024 * 1024
_LIVE = """
select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace join ops.builds as b on b.schema_name = n.nspname
where b.state = 'live' and c.relkind = 'r'
"""


def check_space(connection: psycopg.Connection[Any]) -> None:
    """Check that the warehouse's disk has room for one more build, where that can be known: on this machine.

    Raises:
        DiskSpaceError: if it has not.
    """
    free = _free_bytes()
    needed = _LEAST + _TIMES_A_BUILD * int(scalar(connection, _LIVE))
    if free is not None and free < needed:
        raise DiskSpaceError(
            f"The warehouse's disk has {_megabytes(free)} free and a run may need {_megabytes(needed)}: free space, then run"
            " again. Step by step: docs/runbooks/disk-full.md"
        )


def _free_bytes() -> int | None:
    if url_for("owner").host not in ("127.0.0.1", "localhost", "::1", None):
        return None
    try:
        with connect("owner", autocommit=True) as connection:
            place = Path(str(scalar(connection, "show data_directory")))
        found = os.statvfs(place)
    except (psycopg.Error, OSError):  # not ours to see: a login without the right, a server in a container
        return None
    return found.f_bavail * found.f_frsize


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f} MB"
