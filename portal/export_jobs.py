"""``flask --app portal export-jobs``, which the worker calls: makes files that wait, and the scheduled ones that are due.

A file is made under the rights that its reader has then, whoever asked for it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import partial
from typing import cast

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from werkzeug.exceptions import HTTPException

from portal.api.v1.asked import reach
from portal.api.v1.download import made_of
from portal.api.v1.orders import THINGS, Order
from portal.api.v1.schema import InvalidParametersError
from portal.builds import NoBuildError
from portal.exports.document import Format
from portal.exports.pdf import PdfError
from portal.exports.writing import write
from portal.models import User, db
from portal.operator import plainly
from portal.security import current_hospitals
from portal.security.acting import GoneError, acting_as
from portal.services import export_jobs, export_mails, export_schedules
from portal.services.audit import Entry
from portal.services.export_jobs import GivenUpError, Job

_WORKER = "worker"
group = AppGroup("export-jobs", help="Files that the worker makes.")


class _NotAllowedError(Exception):
    """The reader may not have the file; the message says why."""


@group.command("make")
@click.argument("number", type=int)
@plainly
def make_file(number: int) -> None:
    """Make the file with this number of the log, and keep it. The worker does it; a file that is made stays as it is."""
    click.echo(make(number))


@group.command("due")
@plainly
def queue_due() -> None:
    """Queue the copies of every schedule that is due. The worker does it after each publication; it can be repeated."""
    try:
        count = export_schedules.queue_due(Entry(_WORKER, "export_scheduled", "export_schedule"))
    except NoBuildError:
        click.echo("Nothing is published yet: there is nothing to send.")
        return
    click.echo(f"{count:,} copies are queued.")


def init_app(app: Flask) -> None:
    """Add the commands to ``flask --app portal``."""
    app.cli.add_command(group)


def make(number: int) -> str:
    """Make a file of the log and keep it. Returns a sentence about it, also where it cannot be made."""
    job = export_jobs.begin(number)
    if job is None:
        return f"Export {number} needs nothing."
    entry = Entry(_WORKER, "export", "export")
    try:
        return _make(job, entry)
    except (GoneError, _NotAllowedError) as error:
        return _failed(job, str(error), entry, refused=True)
    except HTTPException as error:
        return _failed(job, str(error.description), entry, refused=error.code in (403, 404))
    except InvalidParametersError as error:
        return _failed(job, "; ".join(f"{name} {problem}" for name, problem in error.fields.items()), entry)
    except NoBuildError:
        return _failed(job, "Nothing is published yet.", entry)
    except (PdfError, GivenUpError) as error:
        return _failed(job, str(error), entry)
    except Exception:
        # Whoever waits for it has to hear that it will not come; what happened is for the log.
        _failed(job, "It could not be made: an administrator finds the reason in the worker's log.", entry)
        raise


def _make(job: Job, entry: Entry) -> str:
    order = Order(job.entity_type, cast(Format, job.export_type), job.filters, job.fields)
    with acting_as(job.user_id, _within(job)) as user, tempfile.TemporaryFile() as file:
        if missing := sorted(order.thing.permissions - user.permissions):
            raise _NotAllowedError(f"{user.email} may not have it: it needs {', '.join(missing)}.")
        document = order.document(reach())
        export_jobs.expect(job, document.total)
        written = write(document, order.format, file, partial(export_jobs.tell, job))
        made = made_of(document, order.format, order.entity_type)
        about = Entry(entry.user_id, entry.action, entry.resource_type, hospital_ids=current_hospitals())
        with db.engine.begin() as connection:
            export_jobs.finish(connection, job.id, made, written, file)
            if job.schedule_id is not None:
                export_mails.post(connection, job, made, written, current_app.config["SITE_URL"])
            export_jobs.record_made(connection, job, written, about)
    return f"Made export {job.id}: {written.name}, {written.rows:,} rows, {written.size:,} bytes."


def _within(job: Job) -> Mapping[str, list[str]]:
    """Return the filters as the reader's request would have them: of hospitals, those that are the reader's."""
    asked = job.filters.get("hospitalId")
    if not asked or job.schedule_id is None:
        return job.filters
    user = db.session.get(User, job.user_id)
    own = asked if user is None or user.sees_all_hospitals else [name for name in asked if name in user.hospital_ids]
    db.session.rollback()
    if not own:
        raise _NotAllowedError("None of the hospitals is the reader's any more.")
    return job.filters | {"hospitalId": own}


def _failed(job: Job, problem: str, entry: Entry, *, refused: bool = False) -> str:
    export_jobs.fail(job, problem, entry, refused=refused)
    what = THINGS[job.entity_type].label if job.entity_type in THINGS else job.entity_type
    return f"Export {job.id} ({what}) was not made: {problem}"
