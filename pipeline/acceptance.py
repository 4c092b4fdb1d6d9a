"""Letting a halted batch past a gate that was a false alarm: this batch, this gate, with a reason, on record.

The refused batch is judged again by the next run together with what is new. What was accepted passes as it was: what is new and
makes it worse, at another table, or at another gate, halts again. With the next published build the acceptance is spent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from pipeline.errors import UsageError
from pipeline.quality.gate import Gate, GateResult
from warehouse import audit_chain
from warehouse.audit_chain import Entry
from warehouse.engine import engine

_FAILED = text("""
  select g.gate, g.failing_keys, (
    select min(b.run_id) from ops.builds as b where b.run_id > g.run_id and b.published_at is not null
  ) as later
  from ops.gate_results as g
  where g.run_id = :run and not g.passed and g.severity = 'error' and g.accepted_reason is null
  order by g.gate
""")
_INSERT = text("""
  insert into ops.gate_acceptances (run_id, gate, entries, reason, accepted_by)
  values (:run, :gate, cast(:entries as jsonb), :reason, :by)
""")
# Those that no published build has spent.
_OPEN = """
select a.gate, a.entries, a.reason from ops.gate_acceptances as a
where not exists (select from ops.builds as b where b.run_id > a.run_id and b.published_at is not null)
"""


def accept(run_id: int, gate: str, reason: str, by: str, acceptable: Iterable[Gate], audit_key: str) -> None:
    """Record that the batch of a halted run may pass a gate. Acceptance and audit record are one transaction.

    Raises:
        UsageError: the reason is empty; the run did not fail at this gate, or its batch is past; or nobody may accept it.
    """
    if not reason.strip():
        raise UsageError("--reason is empty: say why it is a false alarm.")
    with engine("owner").begin() as connection:
        entries = _failing(connection, run_id, gate)
        if gate not in {each.name for each in acceptable if each.acceptable}:
            raise UsageError(
                f"Gate {gate} cannot be accepted: it checks reconciliation, identity or the models. Correct the source."
            )
        values = {"run": run_id, "gate": gate, "entries": json.dumps(entries), "reason": reason.strip(), "by": by}
        connection.execute(_INSERT, values)
        details = {"gate": gate, "reason": reason.strip(), "entries": entries}
        record = Entry(by, "gate_accept", "etl_run", resource_id=str(run_id), new_values=details)
        audit_chain.append(connection, audit_key.encode(), record)


def covered(connection: psycopg.Connection[Any], results: Iterable[GateResult]) -> dict[str, str]:
    """Return the gates that failed but for what was accepted, with the reason that was given."""
    opened = connection.execute(_OPEN).fetchall()
    found: dict[str, str] = {}
    for result in results:
        accepted = [(entries, reason) for gate, entries, reason in opened if gate == result.gate.name]
        if result.passed or not accepted or not result.gate.acceptable:
            continue
        known = [entry for entries, _ in accepted for entry in entries]
        if all(any(result.gate.no_worse(entry, other) for other in known) for entry in result.failing):
            found[result.gate.name] = accepted[-1][1]
    return found


def _failing(connection: Connection, run_id: int, gate: str) -> list[dict[str, str]]:
    rows = connection.execute(_FAILED, {"run": run_id}).all()
    if not rows:
        raise UsageError(f"Run {run_id} was not halted by a gate: see python etl.py status.")
    if rows[0].later is not None:
        raise UsageError(f"The batch of run {run_id} is past: run {rows[0].later} has published since.")
    for row in rows:
        if row.gate == gate:
            return list(row.failing_keys)
    names = ", ".join(sorted({row.gate for row in rows}))
    raise UsageError(f"Run {run_id} did not fail at gate {gate!r}, but at: {names}.")
