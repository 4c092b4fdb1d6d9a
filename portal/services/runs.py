"""Asking for a run of the pipeline: the portal only queues it, a worker runs it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, text

from portal.models import db
from portal.queries import etl_runs
from portal.services import audit
from portal.services.audit import Entry
from portal.services.conflicts import ConflictError
from portal.services.idempotency import Repeatable, once
from warehouse import jobs

_REQUEST = text("insert into ops.run_requests (requested_by) values (:requested_by) returning run_id")


def request_run(requested_by: str, entry: Entry, repeatable: Repeatable | None = None) -> int:
    """Queue a run and return its number. Request, job and audit record are one transaction.

    Args:
        requested_by: e-mail address of who asks, shown with the run.
        entry: the audit record; the number of the run is filled in.
        repeatable: what tells this request, sent again, from a new one.

    Raises:
        ConflictError: a run is in progress or waits already, or the key of ``repeatable`` was used for something else.
        AuditUnavailableError: it could not be recorded; nothing is queued.
    """
    with db.engine.begin() as connection:
        run_id, is_new = once(connection, repeatable, lambda: _queue(connection, requested_by))
        values = {"run_id": run_id} if is_new else None
        details = {} if is_new else {"repeated": True}
        audit.record(replace(entry, resource_id=str(run_id), new_values=values, details=details), connection)
    return run_id


def _queue(connection: Connection, requested_by: str) -> int:
    if (busy := etl_runs.running(connection)) is not None:
        raise ConflictError(f"Run {busy} is in progress: wait until it has ended.")
    if (waiting := jobs.pending_run(connection)) is not None:
        raise ConflictError(f"Run {waiting} waits in the queue already.")
    run_id = int(connection.execute(_REQUEST, {"requested_by": requested_by}).scalar_one())
    try:
        jobs.defer_run(connection, run_id)
    except jobs.RunQueuedError as error:
        raise ConflictError(str(error)) from None
    return run_id
