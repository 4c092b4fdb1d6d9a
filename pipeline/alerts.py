"""Telling administrators: one alert per incident, and one when it is over.

Targets come from the environment (``DAYBOOK_ALERT_URLS``, Apprise URLs separated by spaces: mailto://, json:// …), so that an
alert can be sent when the database itself is down.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import apprise
import psycopg
import structlog

from warehouse.engine import scalar
from warehouse.settings import home, write_private

_log = structlog.get_logger("daybook.alerts")


def failed(connection: psycopg.Connection[Any], run_id: int, reason: str, *, gate: bool) -> None:
    """Tell that a run failed or was halted, unless this incident was told, and heard, already."""
    kind = "gate" if gate else "failure"
    incident, heard = _open_incident(connection)
    if incident and heard:
        return
    next_step = (
        "Look at the gate and the quarantine on the run's page, correct the source, and run again."
        if gate
        else "Look at the run's page and log, remove the cause, and run again."
    )
    ending = "was halted by a gate" if gate else "failed"
    text = f"Run {run_id} {ending}. {reason} The portal keeps the last good build. {next_step}"
    _send_and_record(connection, incident or f"run-{run_id}", run_id, kind, text)


def recovered(connection: psycopg.Connection[Any], run_id: int) -> None:
    """Tell that runs work again, if an incident is open. Never fails: the run has succeeded."""
    _marker().unlink(missing_ok=True)
    try:
        incident, _ = _open_incident(connection)
        if incident:
            _send_and_record(
                connection, incident, run_id, "recovery", f"Run {run_id} completed: Daybook has recovered."
            )
    except psycopg.Error as error:
        _log.error("the recovery could not be recorded", run=run_id, reason=str(error).strip())


def tell_without_database(reason: str) -> bool:
    """Tell of a failure that the database cannot record, once until a run succeeds. Returns whether it was delivered now."""
    if _marker().exists():
        return False
    delivered = _send("Daybook: the warehouse is down", reason) is None
    if delivered:
        write_private(_marker(), reason)
    return delivered


def backup_failed(reason: str) -> bool:
    """Tell that no backup was made, each time it happens. Returns whether it was delivered now."""
    return (
        _send("Daybook: no backup", f"{reason} The last good backup is the newest that etl.py backup list shows.")
        is None
    )


def _marker() -> Path:
    return home() / "warehouse-down-told"


def _open_incident(connection: psycopg.Connection[Any]) -> tuple[str | None, bool]:
    """Return the incident that is not over yet, and whether any alert of it was delivered."""
    row = connection.execute(
        "select incident, kind from ops.alerts where kind <> 'test' order by alert_id desc limit 1"
    ).fetchone()
    if not row or row[1] == "recovery":
        return None, False
    heard = scalar(connection, "select bool_or(delivered_at is not null) from ops.alerts where incident = %s", [row[0]])
    return row[0], bool(heard)


def _send_and_record(connection: psycopg.Connection[Any], incident: str, run_id: int, kind: str, text: str) -> None:
    error = _send(f"Daybook: {kind}", text + _audit_head(connection))
    connection.execute(
        "insert into ops.alerts (incident, run_id, kind, message, attempts, error, delivered_at)"
        " values (%s, %s, %s, %s, 1, %s, case when %s then clock_timestamp() end)",
        [incident, run_id, kind, text, error, error is None],
    )


def _audit_head(connection: psycopg.Connection[Any]) -> str:
    """Return the audit log's newest record as the last run noted it: in a mailbox it proves that none was cut off later."""
    row = connection.execute(
        "select audit_id, left(encode(audit_hash, 'hex'), 16) from ops.etl_process_status"
        " where audit_id is not null order by id desc limit 1"
    ).fetchone()
    return f" Audit log: {row[0]}:{row[1]}." if row else ""


def _send(title: str, text: str) -> str | None:
    """Send to every target; returns None when delivered, else why not."""
    targets = os.environ.get("DAYBOOK_ALERT_URLS", "").split()
    if not targets:
        _log.warning("no alert target is set", remedy="set DAYBOOK_ALERT_URLS", alert=text)
        return "no target: set DAYBOOK_ALERT_URLS"
    sender = apprise.Apprise()
    for target in targets:
        if not sender.add(target):
            _log.error("an alert target cannot be read", remedy="DAYBOOK_ALERT_URLS holds Apprise URLs")
    # notify() is None without a usable target and False when delivery failed.
    if sender.notify(title=title, body=text):
        return None
    _log.error("an alert could not be delivered", alert=text)
    return "delivery failed"
