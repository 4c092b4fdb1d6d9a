"""Gates over the last runs: how each turned out, for the hospitals of the reader and over all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from portal.queries.sql import rows

_SEEN = "(:everything or g.hospital_id is null or g.hospital_id = any (cast(:hospitals as text[])))"
_RUNS = """
    select r.id as run_id, r.started_at, r.status
    from ops.etl_process_status as r
    where exists (select from ops.gate_outcomes as g where g.run_id = r.id)
    order by r.id desc limit :most"""
_OUTCOMES = f"""
    select g.gate, g.run_id, count(*)::bigint as judged,
           count(*) filter (where not g.passed and g.severity <> 'warn' and g.accepted_reason is null)::bigint as failed,
           count(*) filter (where not g.passed and g.accepted_reason is not null)::bigint as accepted,
           count(*) filter (where not g.passed and g.severity = 'warn' and g.accepted_reason is null)::bigint as warned
    from ops.gate_outcomes as g
    where g.run_id = any (cast(:runs as bigint[])) and {_SEEN}
    group by g.gate, g.run_id
    order by g.gate, g.run_id desc"""


@dataclass(frozen=True)
class JudgedRun:
    """A run that gates judged."""

    run_id: int
    started_at: datetime
    status: str


@dataclass(frozen=True)
class Outcome:
    """How a gate turned out in a run: how often it judged (hospitals, tables), and how often it did not pass."""

    gate: str
    run_id: int
    judged: int
    failed: int
    accepted: int
    warned: int

    @property
    def word(self) -> str:
        """The worst of it."""
        if self.failed:
            return "failed"
        return "accepted" if self.accepted else "warning" if self.warned else "passed"

    @property
    def not_passed(self) -> int:
        """How many of those judged did not pass."""
        return self.failed + self.accepted + self.warned


def judged_runs(connection: Connection, most: int) -> list[JudgedRun]:
    """Return the last runs that were judged, newest first."""
    return rows(connection, _RUNS, {"most": most}, JudgedRun)


def outcomes(
    connection: Connection, runs: Sequence[int], hospitals: Sequence[str], everything: bool = False
) -> dict[str, dict[int, Outcome]]:
    """Return how each gate turned out in ``runs``, by gate and run.

    Args:
        connection: reads ``ops``.
        runs: numbers.
        hospitals: whose results count, beside those over all hospitals together.
        everything: those of every hospital count.
    """
    asked = {"runs": list(runs), "hospitals": list(hospitals), "everything": everything}
    found: dict[str, dict[int, Outcome]] = {}
    for outcome in rows(connection, _OUTCOMES, asked, Outcome):
        found.setdefault(outcome.gate, {})[outcome.run_id] = outcome
    return found
