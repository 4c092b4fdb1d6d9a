"""Telling administrators: one alert per incident, and one when it is over.

An incident begins with a run that fails, is halted by a gate or is found dead, and ends with the next that completes; what
fails in between belongs to it. An alert is recorded first, then sent; what a target did not take is sent again by the next
run and, every minute, by the worker. When the database is down, a file in the state folder stands for the record.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import structlog

from pipeline import delivery
from pipeline.delivery import NO_TARGET, Tone
from warehouse.settings import home, write_private

_log = structlog.get_logger("daybook.alerts")
_TONES: dict[str, Tone] = {"failure": "failure", "gate": "warning", "recovery": "success", "test": "info"}
_TITLES = {
    "failure": "Daybook: a run failed",
    "gate": "Daybook: a gate halted a run",
    "recovery": "Daybook: recovered",
    "down": "Daybook: the warehouse is down",
    "test": "Daybook: test",
}
_NEXT = {
    "gate": "Look at the gate and the quarantine on the run's page and correct the source; a false alarm can be let past with"
    " python etl.py accept. Step by step: docs/runbooks/gate-halted.md",
    "failure": "Look at the run's page and its log, remove the cause, and run again. Step by step: docs/runbooks/failed-run.md",
}
_FACTS = """
select r.stage,
  (select count(*) from ops.quarantine_reasons q where q.run_id = r.id) as reasons,
  (select coalesce(sum(q.row_count), 0) from ops.quarantine_totals q where q.run_id = r.id) as rejected,
  (select string_agg(g.gate || ' (' || coalesce(g.observed ->> 'failing', g.observed ->> 'failures', '1') || ')', ', '
     order by g.gate) from ops.gate_results g where g.run_id = r.id and not g.passed and g.severity = 'error') as gates,
  (select b.build_id from ops.builds b where b.state = 'live') as live,
  (select min(d.business_date) from ops.business_dates d join ops.builds b using (build_id) where b.state = 'live') as day
from ops.etl_process_status r where r.id = %s
"""
_PENDING = """
select alert_id, kind, message, delivered_to from ops.alerts
where delivered_at is null and kind <> 'test' order by alert_id for update skip locked
"""


def failed(connection: psycopg.Connection[Any], run_id: int, reason: str, *, gate: bool) -> None:
    """Tell that a run failed or was halted, unless this incident was told already; then only who has not heard is told."""
    incident = _open_incident(connection)
    if incident is None:
        kind = "gate" if gate else "failure"
        _record(connection, f"run-{run_id}", run_id, kind, _story(connection, run_id, kind, reason))
    retry(connection)


def recovered(connection: psycopg.Connection[Any], run_id: int) -> None:
    """Tell that runs work again, if an incident is open. Never fails: the run has succeeded."""
    _tell_that_it_answers(run_id)
    try:
        incident = _open_incident(connection)
        if incident:
            text = f"Run {run_id} completed: what began with {incident.replace('-', ' ')} is over."
            _record(connection, incident, run_id, "recovery", text)
        retry(connection)
    except psycopg.Error as error:
        _log.error("the recovery could not be recorded", run=run_id, reason=str(error).strip())


def retry(connection: psycopg.Connection[Any]) -> int:
    """Send what some target has not taken yet. Returns how many alerts are still not delivered everywhere."""
    left = 0
    with connection.transaction():
        for alert_id, kind, message, heard in connection.execute(_PENDING).fetchall():
            outcome = delivery.send(_TITLES[kind], message, _TONES[kind], heard)
            deaf = [f"{each.target}: {each.error}" for each in outcome if each.error]
            taken = [each.target for each in outcome if not each.error]
            nobody = not outcome and not heard
            if nobody:
                _log.warning("no alert target is set", remedy="set DAYBOOK_ALERT_URLS", alert=message)
            left += bool(deaf or nobody)
            connection.execute(
                "update ops.alerts set attempts = attempts + 1, delivered_to = delivered_to || %s::text[], error = %s,"
                " delivered_at = case when %s then clock_timestamp() end where alert_id = %s",
                [taken, NO_TARGET if nobody else "; ".join(deaf) or None, not (deaf or nobody), alert_id],
            )
    return left


def test() -> list[delivery.Delivery]:
    """Send a test message to every target; needs no database."""
    return delivery.send(_TITLES["test"], "This is a test: alerts of Daybook arrive here.", "info")


def tell_without_database(reason: str) -> bool:
    """Tell of a failure that the database cannot record, once to every target until a run succeeds.

    Returns whether somebody was told now.
    """
    heard = _told()
    outcome = delivery.send(_TITLES["down"], f"{reason} Step by step: docs/runbooks/failed-run.md", "failure", heard)
    taken = [each.target for each in outcome if not each.error]
    if taken:
        write_private(_marker(), json.dumps([*heard, *taken]))
    return bool(taken)


def _tell_that_it_answers(run_id: int) -> None:
    heard = _told()
    if heard:
        delivery.send(_TITLES["recovery"], f"The warehouse answers again: run {run_id} completed.", "success")
    _marker().unlink(missing_ok=True)


def _told() -> list[str]:
    try:
        return list(json.loads(_marker().read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return []


def backup_failed(reason: str) -> bool:
    """Tell that no backup was made, each time it happens. Returns whether it was delivered now."""
    text = f"{reason} The last good backup is the newest that etl.py backup list shows."
    return any(each.error is None for each in delivery.send("Daybook: no backup", text, "failure"))


def _marker() -> Path:
    return home() / "warehouse-down-told.json"


def _open_incident(connection: psycopg.Connection[Any]) -> str | None:
    """Return the incident that is not over yet."""
    row = connection.execute(
        "select incident, kind from ops.alerts where kind <> 'test' order by alert_id desc limit 1"
    ).fetchone()
    return row[0] if row and row[1] != "recovery" else None


def _record(connection: psycopg.Connection[Any], incident: str, run_id: int, kind: str, text: str) -> None:
    connection.execute(
        "insert into ops.alerts (incident, run_id, kind, message) values (%s, %s, %s, %s)",
        [incident, run_id, kind, text + _audit_head(connection)],
    )


def _audit_head(connection: psycopg.Connection[Any]) -> str:
    """Return the audit log's newest record as the last run noted it: in a mailbox it proves that none was cut off later."""
    row = connection.execute(
        "select audit_id, left(encode(audit_hash, 'hex'), 16) from ops.etl_process_status"
        " where audit_id is not null order by id desc limit 1"
    ).fetchone()
    return f"\nAudit log: {row[0]}:{row[1]}." if row else ""


def _story(connection: psycopg.Connection[Any], run_id: int, kind: str, reason: str) -> str:
    """Run, stage, reason, failing counts, what is served meanwhile, next step: one line each."""
    row = connection.execute(_FACTS, [run_id]).fetchone()
    stage, reasons, rejected, gates, live, day = row or (None, 0, 0, None, None, None)
    ending = "was halted by a gate" if kind == "gate" else "failed"
    lines = [f"Run {run_id} {ending}" + (f" at stage {stage}." if stage else "."), reason]
    if gates:
        lines.append(f"Failing, with counts: {gates}.")
    if rejected:
        lines.append(f"Rejected rows: {rejected:,}, for {reasons} reasons by table and hospital.")
    lines.append(
        "Nothing was ever published." if live is None else f"The portal keeps build {live}, of business date {day}."
    )
    return "\n".join([*lines, f"Next: {_NEXT[kind]}"])
