"""Sending the mails that wait in ``portal.mails``.

Each is taken by one worker (its row is locked meanwhile), handed to the mail server, and marked. What the server takes is not
sent again; where nobody can tell (a worker killed between the two, a connection lost before the answer) it is, under the same
``Message-ID``. What is not taken is tried again after 1, 2, 3 … 15 minutes, for five days.
"""

from __future__ import annotations

import smtplib
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, NamedTuple

import psycopg
import structlog

from pipeline import mail_server
from pipeline.mail_server import MailServer, Refusal
from warehouse.engine import connect

_log = structlog.get_logger("daybook.mails")
NO_SERVER = "no mail server: set DAYBOOK_MAIL_URL"
_AT_ONCE = 100  # then the worker looks whether it is to stop
_WAITING = "sent_at is null and failed_at is null"
_DUE = f"{_WAITING} and next_try_at <= clock_timestamp()"
_NEXT = f"""
select m.mail_id, u.email, u.active, m.subject, m.body, m.created_at, m.export_id
from portal.mails as m join portal.users as u on u.id = m.user_id
where {_DUE} order by m.attempts, m.mail_id limit 1 for update of m skip locked
"""
_FILE = "select filename, export_type from portal.export_log where id = %s"
_PIECES = "select content from portal.export_chunks where export_id = %s order by number"
_MEDIA_TYPES = {
    "csv": ("text", "csv"), "pdf": ("application", "pdf"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}  # fmt: skip
_SENT = (
    "update portal.mails set sent_at = clock_timestamp(), attempts = attempts + 1, last_error = null where mail_id = %s"
)
_FAILED = """
update portal.mails set failed_at = clock_timestamp(), attempts = attempts + 1, last_error = %s where mail_id = %s
"""
_TRY_LATER = """
update portal.mails
set attempts = attempts + 1, last_error = %s, next_try_at = clock_timestamp() + make_interval(mins => least(attempts + 1, 15))
where mail_id in
"""
_TOO_LATE = f"""
update portal.mails set failed_at = clock_timestamp(), last_error = coalesce(last_error, 'no worker sent it in five days')
where {_WAITING} and created_at < clock_timestamp() - interval '5 days'
"""


class _Mail(NamedTuple):
    mail_id: int
    address: str
    is_active: bool
    subject: str
    body: str
    created_at: datetime
    export_id: int | None


def send_waiting() -> None:
    """Send what is due, as the worker does every few seconds. Without a mail server, mails wait and say so.

    Raises:
        ConfigurationError: if the settings of the mail server cannot be used.
    """
    server = mail_server.configured()
    try:
        with connect("etl", autocommit=True) as connection:
            late = connection.execute(_TOO_LATE).rowcount
            if late:
                _log.error("mails were given up after five days", mails=late)
            if server is None:
                connection.execute(
                    f"update portal.mails set last_error = %s where {_WAITING} and last_error is null", [NO_SERVER]
                )
            elif connection.execute(f"select exists (select from portal.mails where {_DUE})").fetchone() == (True,):
                _send(connection, server)
    except psycopg.Error as error:
        _log.warning("mails could not be read", reason=str(error).strip())


def _send(connection: psycopg.Connection[Any], server: MailServer) -> None:
    try:
        with server.session() as session:
            for _ in range(_AT_ONCE):
                if not _send_next(connection, server, session):
                    return
    except (OSError, smtplib.SMTPException) as error:
        _log.warning("the mail server does not take mails", server=f"{server.host}:{server.port}", reason=str(error))
        due = f"(select mail_id from portal.mails where {_DUE} for update skip locked)"
        connection.execute(_TRY_LATER + due, [str(error)])


def _send_next(connection: psycopg.Connection[Any], server: MailServer, session: smtplib.SMTP) -> bool:
    """Send one mail. Returns whether to go on: something was due, and the server still listens."""
    with connection.transaction():
        row = connection.execute(_NEXT).fetchone()
        if row is None:
            return False
        mail = _Mail(*row)
        refusal = (
            mail_server.hand_over(session, _whole(connection, mail, server.sender), server.sender, mail.address)
            if mail.is_active
            else Refusal("the user was disabled", is_final=True)
        )
        if refusal is None:
            connection.execute(_SENT, [mail.mail_id])
            return True
        _log.warning("a mail was not taken", mail=mail.mail_id, reason=refusal.reason, given_up=refusal.is_final)
        if refusal.is_final:
            connection.execute(_FAILED, [refusal.reason, mail.mail_id])
        else:
            connection.execute(_TRY_LATER + "(%s)", [refusal.reason, mail.mail_id])
        return not refusal.is_over


def _whole(connection: psycopg.Connection[Any], mail: _Mail, sender: str) -> EmailMessage:
    """Return a mail with the file that goes with it."""
    message = _message(mail, sender)
    file = connection.execute(_FILE, [mail.export_id]).fetchone() if mail.export_id else None
    if file is not None:
        name, export_type = file
        content = b"".join(bytes(piece) for (piece,) in connection.execute(_PIECES, [mail.export_id]))
        kind, subtype = _MEDIA_TYPES[export_type]
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return message


def _message(mail: _Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.address, mail.subject
    message["Date"] = format_datetime(mail.created_at)
    # The same for every try, so that what arrives twice can be told.
    domain = parseaddr(sender)[1].rpartition("@")[2]
    message["Message-ID"] = f"<daybook.{mail.mail_id}.{mail.created_at:%Y%m%d%H%M%S%f}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message
