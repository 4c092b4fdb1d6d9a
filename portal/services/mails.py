"""Mails to users: written here, in the transaction of what they tell; the worker sends them (``pipeline.mails``)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

_POST = text("""
  insert into portal.mails (user_id, kind, subject, body, export_id)
  select users.id, :kind, :subject, :body, :export from unnest(cast(:users as integer[])) as users (id)
""")


def post(
    connection: Connection, users: Sequence[int], kind: str, subject: str, body: str, export: int | None = None
) -> None:
    """Leave a mail for each of these users. It is sent once the transaction commits.

    Args:
        connection: of the transaction of what the mail tells.
        users: their numbers; who was disabled by the time of sending gets none.
        kind: what the mail is about, in lower case with underscores.
        subject: one line.
        body: plain text. No patient data: a mail leaves the house.
        export: number of the kept file that goes with it; nor has that patient data.
    """
    values = {"users": list(users), "kind": kind, "subject": subject, "body": body, "export": export}
    connection.execute(_POST, values)
