"""Runs and builds as they stand, for ``etl.py status`` and for monitoring."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from pipeline import lock

_RUNS = """
select id as run, status, outcome, stage, started_at, completed_at, records_processed as records, build_id as build,
  error_message as error
from ops.etl_process_status order by id desc limit 10
"""
_BUILDS = """
select b.build_id as build, b.state, b.published_at,
  (select json_object_agg(hospital_id, business_date) from ops.business_dates d where d.build_id = b.build_id) as business_dates
from ops.builds b where b.state in ('live', 'previous') order by b.build_id desc
"""
_MAILS = """
select count(*) filter (where sent_at is null and failed_at is null) as waiting,
  count(*) filter (where failed_at > clock_timestamp() - interval '30 days') as given_up,
  (array_agg(last_error order by mail_id desc) filter (where sent_at is null and last_error is not null))[1] as newest_error
from portal.mails
"""


def read_status(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """Return the last runs, the live and previous build, the hold, mails that were not sent, and whether a run is in progress."""
    with connection.cursor(row_factory=dict_row) as cursor:
        runs = cursor.execute(_RUNS).fetchall()
        builds = cursor.execute(_BUILDS).fetchall()
        mails = cursor.execute(_MAILS).fetchone()
        held = cursor.execute("select held, held_by, reason, held_at from ops.publishing").fetchone()
    return {"running": lock.is_held(connection), "publishing": held, "mails": mails, "builds": builds, "runs": runs}
