"""A person in everything that people type into the portal, through the routes that take it: whose it is, and under which name."""

from __future__ import annotations

import io
import re
from typing import Any

from flask.testing import FlaskClient

from tests.portal import world
from tests.portal.audit.walk import Portal
from tests.portal.billing_audit import logs

NAME = "Plantedfirst Plantedlast"
WORDS = f"{NAME}, 078-05-1120, of Planted Street 7, +1 555 867 5309, planted@example.org"
PLANTED = ("planted", "078-05-1120", "078051120", "867 5309", "8675309", "street 7")
FILE = "Plantedlast 078-05-1120"
_LOG = f"Date,Ticket,CPT,{NAME},Remarks\n2026-03-12,T4,D0010,x,{WORDS}\n2026-03-13,T88,D0010,x,{WORDS}\n"
_DESK = "/api/v1/financial-reports/write-offs"
_EXPORT = {"entity": "write-offs", "format": "csv", "hospitalId": "H1"}


def plant(portal: Portal) -> None:
    """Type the person into every field that takes free words; who types is the portal's boss, doctor and other super_admin."""
    _names(portal)
    _write_offs(portal)
    _follow_ups(portal)
    _cases(portal)
    _uploads(portal)
    _headers(portal)


def holds(text: str) -> list[str]:
    """Return what of the person stands in ``text``, as it is, escaped for an address, or as bytes."""
    folded = text.casefold()
    return [
        word for word in PLANTED if word in folded or word.encode().hex() in folded or word.replace(" ", "+") in folded
    ]


def _names(portal: Portal) -> None:
    view = {"view": "/staff/reports/revenue?hospitalId=H1", "name": f"view of {NAME}"}
    _taken(portal, portal.boss, "/staff/views/new", **view)
    _taken(portal, portal.boss, "/staff/views/new", **view | {"name": f"shared of {NAME}", "hospital": "H1"})
    _taken(portal, portal.boss, "/account/tokens/new", name=f"token of {NAME} 078-05-1120", days="30")
    _taken(portal, portal.boss, "/exports/templates", **_EXPORT, name=f"template of {NAME}")
    _taken(portal, portal.boss, "/exports/templates", **_EXPORT, name=f"shared of {NAME}", share="H1")
    reader = portal.somebody("accountant")[0]
    more = {"rhythm": "weekly", "recipients": reader}
    _taken(portal, portal.boss, "/exports/schedules", **_EXPORT, name=f"schedule of {NAME} 078-05-1120", **more)


def _write_offs(portal: Portal) -> None:
    wanted = {"invoiceId": "I06", "hospitalId": "H1", "amount": "0.25", "category": "OTHER"}
    headers = {"X-CSRFToken": portal.csrf(portal.other)}
    body = wanted | {"reason": WORDS, "notes": WORDS}
    for how in ("approve", "reject", "cancel"):
        more = {"Idempotency-Key": f"Plantedlast-078-05-1120-{how}"}
        asked = portal.other.post(_DESK, json=body, headers=headers | more)
        assert asked.status_code == 201, asked.text
        number = asked.json["data"]["id"]
        client = portal.other if how == "cancel" else portal.boss
        _taken(portal, client, f"/staff/write-offs/{number}/{how}", notes=WORDS)
        if how == "approve":
            _taken(portal, portal.other, f"/staff/write-offs/{number}/reverse", notes=WORDS)
    address = "/staff/write-offs/small-balances?hospitalId=H1&minDaysOverdue=0&maxAmount=50"
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', portal.other.get(address).text)
    assert digest
    made = _taken(portal, portal.other, address, digest=digest[1], reason=WORDS, notes=WORDS)
    batch = re.search(r"batchId=(\d+)", made.location)
    assert batch
    _taken(portal, portal.boss, f"/staff/write-offs/batches/{batch[1]}/approve", notes=WORDS)


def _follow_ups(portal: Portal) -> None:
    address = "/staff/outstanding/I01/follow-ups?hospitalId=H1"
    _taken(portal, portal.boss, address, note=WORDS, key=f"key of {NAME}")
    promise = {
        "promisedAmount": "1.00",
        "promisedFor": "2026-12-31",
        "contactOn": "2026-12-30",
        "contactWith": "patient",
    }
    _taken(portal, portal.boss, address, note=WORDS, **promise)


def _cases(portal: Portal) -> None:
    logs.import_log(portal.doctor, _LOG)
    key = logs.key_of(portal.doctor, "T88")
    sent = _taken(portal, portal.doctor, f"/audit/disputes/new/{key}", onDate="2026-03-20", claimed="5.00", note=WORDS)
    portal.keys["show"] = key  # what addresses show
    for dispute in ("/audit/disputes/1", sent.location):
        _taken(portal, portal.doctor, dispute, kind="answered", onDate="2026-03-21", outcome="asks", note=WORDS)


def _uploads(portal: Portal) -> None:
    for name in (f"{FILE}.csv", f"../{FILE}.csv"):
        sent = logs.send(portal.doctor, _LOG + "\n" * len(name), name=name)
        assert sent.status_code == 302, sent.text
    refused = logs.send(portal.doctor, b"%PDF " + WORDS.encode(), name=f"{FILE}.pdf")
    assert refused.status_code == 400
    rows = [{"caseDate": "2026-03-14", "patientTicket": "T89", "cptCodes": "D0010", "notes": WORDS}]
    headers = {"X-CSRFToken": portal.csrf(portal.doctor), "Idempotency-Key": "Plantedlast-078-05-1120"}
    answer = portal.doctor.post("/api/v1/billing-audit/case-logs", json={"rows": rows}, headers=headers)
    assert answer.status_code == 201, answer.text
    statement = f"Month,Gross pay,Remarks\n2026-01,100.00,{WORDS}\n".encode()
    for content, name in ((statement, f"{FILE}.csv"), (WORDS.encode(), FILE)):
        form = {"csrf_token": logs.token(portal.doctor), "month": "2026-01", "file": (io.BytesIO(content), name)}
        shown = portal.doctor.post("/compensation/statements/read", data=form, content_type="multipart/form-data")
        assert shown.status_code in (200, 400), shown.text
        assert not holds(shown.text), "a statement is read for its amounts"


def _headers(portal: Portal) -> None:
    for name in ("Referer", "X-Request-Id", "If-None-Match"):
        assert portal.boss.get("/staff/reports", headers={name: f"/{FILE}"}).status_code == 200


def _taken(portal: Portal, client: FlaskClient, address: str, /, **form: str) -> Any:
    answer = client.post(address, data={"csrf_token": world.csrf_token(client.get("/account").text)} | form)
    assert answer.status_code in (200, 302), answer.text
    assert answer.status_code == 302 or "/tokens/" in address, answer.text
    assert not holds(answer.headers.get("Location", "")), address
    return answer
