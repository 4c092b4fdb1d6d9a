"""What people change under load, beside asking for write-offs: each kind once or more by everybody, and what must stand of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Send = Callable[[str, TestResponse], TestResponse]


@dataclass(frozen=True)
class Hand:
    """Whose browser it is, its form's token, a word that nobody else uses, and a case of the doctor's log."""

    client: FlaskClient
    token: str
    word: str
    mail: str
    case: str
    send: Send

    def post(self, what: str, address: str, **form: Any) -> TestResponse:
        """Send a form and keep what it was answered."""
        return self.send(what, self.client.post(address, data={"csrf_token": self.token} | form))


@dataclass(frozen=True)
class Kind:
    """A kind of change: how it is made, which records say which rows were made, and whether a later one takes its place."""

    make: Callable[[Hand], object]
    action: str
    made: str
    goes: bool = False


def _view(hand: Hand) -> None:
    hand.post("view", "/staff/views/new", view="/staff/reports/revenue", name=hand.word)


def _token(hand: Hand) -> None:
    hand.post("token", "/account/tokens/new", name=hand.word, days="3")


def _template(hand: Hand) -> None:
    hand.post("template", "/exports/templates", **_EXPORT, name=hand.word)


def _schedule(hand: Hand) -> None:
    hand.post("schedule", "/exports/schedules", **_EXPORT, name=hand.word, rhythm="weekly", recipients=hand.mail)


def _file(hand: Hand) -> None:
    hand.post("kept file", "/exports", **_EXPORT, keep="yes")


def _follow_up(hand: Hand) -> None:
    hand.post("follow-up", "/staff/outstanding/I06/follow-ups?hospitalId=H1", note=hand.word)


def _upload(hand: Hand) -> None:
    content = f"Date,Ticket,CPT\n2026-03-12,{hand.word},D0010\n".encode()
    hand.post("upload", "/audit/uploads", file=(io.BytesIO(content), "log.csv"))


def _rows(hand: Hand) -> None:
    body = {"rows": [{"caseDate": "2026-03-12", "patientTicket": hand.word, "cptCodes": "D0010"}]}
    headers = {"X-CSRFToken": hand.token}
    hand.send("rows", hand.client.post("/api/v1/billing-audit/case-logs", json=body, headers=headers))


def _statement(hand: Hand) -> None:
    hand.post("statement", "/compensation/statements", month="2026-01", grossPay="100.00")


def _dispute(hand: Hand) -> None:
    sent = hand.post("dispute", f"/audit/disputes/new/{hand.case}", onDate="2026-03-20", claimed="5.00")
    for _ in range(_TRIES if sent.status_code == 302 else 0):
        if hand.post("dispute step", sent.location, kind="withdrawn", onDate="2026-03-21").status_code == 302:
            break


_TRIES = 5
# Upload 1 is the doctor's log of before; those of programs are imported as they come.
_EXPORT = {"entity": "write-offs", "format": "csv", "hospitalId": "H1"}
KINDS = (
    Kind(_view, "view_save", "select id from portal.saved_views"),
    Kind(_token, "token_create", "select id from portal.api_tokens"),
    Kind(_template, "export_template_create", "select id from portal.export_templates"),
    Kind(_schedule, "export_schedule_create", "select id from portal.export_schedules"),
    Kind(_file, "export_request", "select id from portal.export_log where status = 'waiting'"),
    Kind(_follow_up, "follow_up_add", "select id from portal.follow_ups"),
    Kind(
        _upload,
        "case_log_upload",
        "select id from portal.case_log_uploads where imported_at is null or id = 1",
        goes=True,
    ),
    Kind(_rows, "case_log_import", "select id from portal.case_log_uploads where imported_at is not null"),
    Kind(_statement, "statement_import", "select id from portal.imported_statements"),
    Kind(_dispute, "dispute_send", "select id from portal.disputes"),
    Kind(_dispute, "dispute_withdrawn", "select dispute_id from portal.dispute_steps where kind = 'withdrawn'"),
)
