"""Telling administrators: one alert per incident, and one when it is over.

Targets come from the environment (``DAYBOOK_ALERT_URLS``, Apprise URLs separated by spaces: mailto://, json:// …), so that an
alert can be sent when the database itself is down.
"""

from __future__ import annotations

import os
from typing import Any

import apprise
import psycopg
import structlog

_log = structlog.get_logger("daybook.alerts")


def failed(connection: psycopg.Connection[Any], run_id: int, reason: str, *, gate: bool) -> None:
    """Tell that a run failed or was halted, unless this incident was told already."""
    kind = "gate" if gate else "failure"
    open_incident = _open_incident(connection)
    if open_incident is not None:
        return
    next_step = (
        "Look at the gate and the quarantine on the run's page, correct the source, and run again."
        if gate
        else "Look at the run's page and log, remove the cause, and run again."
    )
    ending = "was halted by a gate" if gate else "failed"
    text = f"Run {run_id} {ending}. {reason} The portal keeps the last good build. {next_step}"
    _send_and_record(connection, f"run-{run_id}", run_id, kind, text)


def recovered(connection: psycopg.Connection[Any], run_id: int) -> None:
    """Tell that runs work again, if an incident is open."""
    incident = _open_incident(connection)
    if incident is not None:
        _send_and_record(connection, incident, run_id, "recovery", f"Run {run_id} completed: Daybook has recovered.")


def tell_without_database(reason: str) -> bool:
    """Tell of a failure that the database cannot record. Returns whether it was delivered."""
    return _send("Daybook: the warehouse is down", reason) is None


def _open_incident(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute(
        "select incident, kind from ops.alerts where kind <> 'test' order by alert_id desc limit 1"
    ).fetchone()
    return row[0] if row and row[1] != "recovery" else None


def _send_and_record(connection: psycopg.Connection[Any], incident: str, run_id: int, kind: str, text: str) -> None:
    error = _send(f"Daybook: {kind}", text)
    connection.execute(
        "insert into ops.alerts (incident, run_id, kind, message, attempts, error, delivered_at)"
        " values (%s, %s, %s, %s, 1, %s, case when %s then clock_timestamp() end)",
        [incident, run_id, kind, text, error, error is None],
    )


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
