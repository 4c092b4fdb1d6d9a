"""Asking for a run of the pipeline: the portal only queues it, a worker runs it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from portal.models import db
from portal.queries import etl_runs
from portal.services import audit
from portal.services.audit import Entry
from portal.services.conflicts import ConflictError
from warehouse import jobs

_REQUEST = text("insert into ops.run_requests (requested_by) values (:requested_by) returning run_id")


def request_run(requested_by: str, entry: Entry) -> int:
    """Queue a run and return its number. Request, job and audit record are one transaction.

    Args:
        requested_by: e-mail address of who asks, shown with the run.
        entry: the audit record; the number of the run is filled in.

    Raises:
        ConflictError: a run is in progress or waits already.
        AuditUnavailableError: it could not be recorded; nothing is queued.
    """
    with db.engine.begin() as connection:
        if (busy := etl_runs.running(connection)) is not None:
            raise ConflictError(f"Run {busy} is in progress: wait until it has ended.")
        if (waiting := jobs.pending_run(connection)) is not None:
            raise ConflictError(f"Run {waiting} waits in the queue already.")
        run_id = int(connection.execute(_REQUEST, {"requested_by": requested_by}).scalar_one())
        try:
            jobs.defer_run(connection, run_id)
        except jobs.RunQueuedError as error:
            raise ConflictError(str(error)) from None
        audit.record(replace(entry, resource_id=str(run_id), new_values={"run_id": run_id}), connection)
    return run_id
