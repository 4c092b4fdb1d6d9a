"""What a recipient of a scheduled file is told, and whether the file itself goes along."""

from __future__ import annotations

from sqlalchemy import Connection

from portal.exports.writing import Written
from portal.services import mails
from portal.services.export_jobs import Job
from portal.services.exports import Made

MOST_ATTACHED = 5 * 1024 * 1024
"""Bytes; what is larger waits in the portal. So does what is of single patients: a mail leaves the house."""


def post(connection: Connection, job: Job, made: Made, written: Written, site: str) -> None:
    """Leave the mail of a scheduled file that is being kept in this transaction.

    Args:
        connection: of the transaction.
        job: the file's.
        made: what the file was made of.
        written: what it turned out to be.
        site: address of the portal; empty where none is set.
    """
    # By its number: a name was typed, and may be a patient's.
    name = f"scheduled export {job.schedule_id}"
    is_attached = not made.has_patients and written.size <= MOST_ATTACHED
    days = f" of {made.start} to {made.end}" if made.start else f" as of {made.end}" if made.end else ""
    where = f"{site}/exports" if site else "the page Exports"
    lines = [
        f"The {name} ({job.entity_type}){days} was made for you: {written.rows:,} rows, build {made.build_id}.",
        "It is attached." if is_attached else f"It waits for you in Daybook, as it {_why(made)}: {where}",
        f"SHA-256 {written.sha256}",
        "",
        f"You get it because somebody chose you as its reader. Schedules stand in Daybook: {where}",
    ]
    export = job.id if is_attached else None
    mails.post(connection, [job.user_id], "scheduled_export", f"Daybook: {name}{days}", "\n".join(lines) + "\n", export)


def _why(made: Made) -> str:
    return "is of single patients" if made.has_patients else "is too large for a mail"
