"""The write-off endpoints: what they answer, to whom, and what they refuse."""

from __future__ import annotations

import csv
import hashlib
import io
import threading
from collections.abc import Callable
from contextvars import Context
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.api.v1.write_off_parameters import WriteOffBody
from portal.services import tokens
from portal.services.write_off_rules import CATEGORIES
from tests.portal import world
from tests.portal.write_offs.desk import NOW, Desk
from warehouse.engine import connect

PATH = "/api/v1/financial-reports/write-offs"
WANTED = {"invoiceId": "I06", "amount": "20.00", "reason": "agreed", "category": "BAD_DEBT", "notes": "by phone"}
EXPORT = "/api/v1/financial-reports/export"
YEAR = "startDate=2026-01-01&endDate=2026-12-31"
Send = Callable[..., TestResponse]


@pytest.fixture
def send(desk: Desk) -> Send:
    """Send a request with somebody's token: ``send("admin", "patch", "/1/approve", {})``."""
    made = {name: tokens.create(f"{name}@clinic.org", 1, NOW.replace(year=2036), by="test") for name in desk.people}
    client = desk.app.test_client()

    def request(
        who: str, method: str, path: str = "", body: Any = None, under: str = PATH, **headers: str
    ) -> TestResponse:
        known = {"Authorization": f"Bearer {made[who]}"} if who in made else {}
        # The desk has an application context open: a request inside it would share what belongs to one request.
        answer: TestResponse = Context().run(
            getattr(client, method), under + path, json=body, headers=known | headers, buffered=True
        )
        return answer

    return request


def test_a_request_is_made_listed_and_approved(desk: Desk, send: Send) -> None:
    made = send("accountant", "post", body=WANTED)
    assert made.status_code == 201, made.text
    item = made.json["data"]
    assert item["invoice"] == {
        "invoiceId": "I06",
        "total": "120.00",
        "balance": "120.00",
        "patientId": item["invoice"]["patientId"],
    }
    expected = {
        "kind": "write_off", "reversesId": None, "reversalId": None, "hospitalId": "H1", "invoiceId": "I06", "currency": "USD",
        "amount": "20.00", "category": "BAD_DEBT", "reason": "agreed", "notes": "by phone", "status": "PENDING",
        "requestedBy": "accountant@clinic.org", "approvedBy": None, "approvedAt": None, "decidedBy": None,
    }  # fmt: skip
    assert {name: item[name] for name in expected} == expected
    approved = send("admin", "patch", f"/{item['id']}/approve", {"notes": "fine"}).json["data"]
    assert (approved["status"], approved["approvedBy"], approved["decisionNotes"]) == (
        "APPROVED", "admin@clinic.org", "fine",
    )  # fmt: skip
    assert approved["approvedAt"] == approved["decidedAt"] is not None
    assert approved["invoice"]["balance"] == "100.00"
    assert send("accountant", "get", f"/{item['id']}").json["data"] == approved
    assert desk.balance("I06") == "100.000"


def test_the_list_is_newest_first_and_filtered(desk: Desk, send: Send) -> None:
    first, second = desk.ask("I06", "20"), desk.ask("I06", "5", "SMALL_BALANCE")
    desk.decide(first, "reject")
    listed = send("admin", "get")
    assert [row["id"] for row in listed.json["data"]] == [second, first]
    assert listed.json["pagination"] == {"page": 1, "limit": 20, "total": 2, "totalPages": 1}
    for query, expected in (
        ("status=REJECTED", [first]), ("status=PENDING", [second]), ("category=SMALL_BALANCE", [second]),
        ("startDate=2026-03-31&endDate=2026-03-31", [second, first]), ("startDate=2026-04-01", []), ("limit=1&page=2", [first]),
        ("invoiceId=I01", []), ("currency=EUR", []),
    ):  # fmt: skip
        assert [row["id"] for row in send("admin", "get", f"?{query}").json["data"]] == expected, query
    assert send("abroad", "get").json["data"] == []


def test_a_rejection_changes_no_invoice(desk: Desk, send: Send) -> None:
    number = desk.ask("I06", "20")
    rejected = send("admin", "patch", f"/{number}/reject", {}).json["data"]
    assert (rejected["status"], rejected["approvedBy"], rejected["decidedBy"]) == ("REJECTED", None, "admin@clinic.org")
    assert desk.balance("I06") == "120.000"


def test_who_asked_may_cancel_and_an_approved_one_is_taken_back(desk: Desk, send: Send) -> None:
    cancelled, kept = desk.ask("I06", "20"), desk.ask("I06", "30")
    assert send("accountant", "patch", f"/{cancelled}/cancel").json["data"]["status"] == "CANCELLED"
    desk.decide(kept)
    silent = send("accountant", "patch", f"/{kept}/reverse", {})
    assert (silent.status_code, list(silent.json["error"]["fields"])) == (400, ["notes"])
    asked = send("accountant", "patch", f"/{kept}/reverse", {"notes": "posted in error"}).json["data"]
    assert (asked["status"], asked["reversalStatus"]) == ("APPROVED", "PENDING")
    taken = send("admin", "patch", f"/{asked['reversalId']}/approve", {}).json["data"]
    assert (taken["kind"], taken["reversesId"], taken["status"]) == ("reversal", kept, "APPROVED")
    assert send("admin", "get", f"/{kept}").json["data"]["status"] == "REVERSED"
    assert desk.balance("I06") == "120.000"


def test_the_summary_counts_what_lowers_balances_and_equals_the_roll_forward(desk: Desk, send: Send) -> None:
    before = send("admin", "get", f"/summary?{YEAR}").json["data"]
    approved, taken, pending = desk.ask("I06", "20"), desk.ask("I06", "30", "OTHER"), desk.ask("I06", "7")
    desk.decide(approved)
    desk.decide(taken)
    desk.decide(desk.take_back(taken))
    desk.decide(desk.ask("I06", "4"), "reject")
    after = send("admin", "get", f"/summary?{YEAR}").json["data"]

    def grown(group: str, name: str) -> tuple[Decimal, int]:
        lines = [{line["name"]: line for line in found[group]}[name] for found in (after, before)]
        return Decimal(lines[0]["amount"]) - Decimal(lines[1]["amount"]), lines[0]["count"] - lines[1]["count"]

    assert Decimal(after["totalWriteOff"]) - Decimal(before["totalWriteOff"]) == 20
    assert after["writeOffCount"] - before["writeOffCount"] == 2
    assert [grown("byCategory", name) for name in ("BAD_DEBT", "OTHER")] == [(20, 1), (0, 1)]
    statuses = {name: grown("byStatus", name) for name in ("PENDING", "APPROVED", "REJECTED", "CANCELLED", "REVERSED")}
    assert statuses == {
        "PENDING": (7, 1), "APPROVED": (20, 1), "REJECTED": (4, 1), "CANCELLED": (0, 0), "REVERSED": (0, 1),
    }  # fmt: skip
    assert [line["name"] for line in after["byCategory"]] == list(CATEGORIES)
    months = send("admin", "get", path=f"roll-forward?{YEAR}", under="/api/v1/financial-reports/")
    written_off = sum(Decimal(month["writtenOff"]) for month in months.json["data"])
    assert Decimal(after["totalWriteOff"]) == written_off
    assert pending


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"amount": "120.01"}, 400, "amount"),
        ({"amount": "0"}, 400, "amount"),
        ({"amount": "-5"}, 400, "amount"),
        ({"amount": "ten"}, 400, "amount"),
        ({"amount": True}, 400, "amount"),
        ({"amount": None}, 400, "amount"),
        ({"category": "LOST"}, 400, "category"),
        ({"category": "SMALL_BALANCE", "amount": 25.01}, 400, "amount"),
        ({"reason": ""}, 400, "reason"),
        ({"reason": "   "}, 400, "reason"),
        ({"reason": "a\x00b"}, 400, "reason"),
        ({"invoiceId": ""}, 400, "invoiceId"),
        ({"invoiceId": "none"}, 404, None),
        ({"invoiceId": "\x00"}, 400, "invoiceId"),
        ({"hospitalId": "H2"}, 404, None),
        ({"remark": "x"}, 400, "remark"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(
    desk: Desk, send: Send, change: dict[str, Any], status: int, field: str | None
) -> None:
    refused = send("accountant", "post", body=WANTED | change)
    assert refused.status_code == status, refused.text
    assert list(refused.json["error"]["fields"]) == ([field] if field else [])
    assert desk.statuses() == {}


@pytest.mark.parametrize("name", ["invoiceId", "amount", "reason", "category"])
def test_what_is_required_is_named(send: Send, name: str) -> None:
    refused = send("accountant", "post", body={key: value for key, value in WANTED.items() if key != name})
    assert (refused.status_code, refused.json["error"]["fields"]) == (400, {name: "is required"})


def test_a_body_that_is_none_is_refused(send: Send) -> None:
    for body in ([], "x", 5, None):
        refused = send("accountant", "post", body=body)
        assert refused.status_code == 400, (body, refused.text)
        assert refused.json["success"] is False


def test_only_the_entitled_ask_and_decide(desk: Desk, send: Send) -> None:
    number = desk.ask("I06", "20", by="admin")
    assert send("nobody", "get").status_code == 401
    assert send("nobody", "post", body=WANTED).status_code == 401
    assert send("accountant", "patch", f"/{number}/approve", {}).status_code == 403
    own = send("admin", "patch", f"/{number}/approve", {})
    assert (own.status_code, "somebody else" in own.json["error"]["message"]) == (403, True)
    for method, path in (("get", ""), ("patch", "/approve"), ("patch", "/cancel"), ("patch", "/reverse")):
        assert (
            send("abroad", method, f"/{number}{path}", {"notes": "x"} if method == "patch" else None).status_code == 404
        )
    assert desk.statuses() == {number: "PENDING"}


def test_what_was_decided_is_a_conflict(desk: Desk, send: Send) -> None:
    number = desk.ask("I06", "20")
    assert send("admin", "patch", f"/{number}/approve", {}).status_code == 200
    for how in ("approve", "reject", "cancel"):
        again = send("other", "patch", f"/{number}/{how}", {})
        assert (again.status_code, again.json["error"]["code"]) == (409, "conflict")
    assert desk.balance("I06") == "100.000"


def test_a_session_needs_its_token_to_write(desk: Desk) -> None:
    client: FlaskClient = Context().run(world.sign_in, desk.app, "accountant@clinic.org")
    refused = Context().run(client.post, PATH, json=WANTED)
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "csrf")
    assert desk.statuses() == {}


def test_a_request_sent_again_with_its_key_is_made_once(desk: Desk, send: Send) -> None:
    key = {"Idempotency-Key": "7c9e6679-7425"}
    answers = [send("accountant", "post", body=WANTED, **key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json["data"] == answers[1].json["data"]
    other = send("accountant", "post", body=WANTED | {"amount": "21"}, **key)
    assert (other.status_code, "Idempotency-Key" in other.json["error"]["message"]) == (409, True)
    assert send("admin", "post", body=WANTED, **key).json["data"]["id"] != answers[0].json["data"]["id"]
    wrong = send("accountant", "post", body=WANTED, **{"Idempotency-Key": "x" * 201})
    assert (wrong.status_code, list(wrong.json["error"]["fields"])) == (400, ["Idempotency-Key"])
    requests = [record["details"] for record in world.audit_records() if record["action"] == "write_off_request"]
    assert requests == [{}, {"repeated": True}, {}]


def test_neither_key_nor_request_stands_in_the_table_and_an_older_key_is_refused(desk: Desk, send: Send) -> None:
    answer = send("accountant", "post", body=WANTED, **{"Idempotency-Key": "for-P06"})
    assert answer.status_code == 201
    with connect("owner") as owner:
        ((user, key, digest),) = owner.execute("select user_id, key, digest from portal.idempotency_keys").fetchall()
        body = WriteOffBody.model_validate(WANTED).model_dump_json()
        assert "P06" not in key
        assert bytes(digest) != hashlib.sha256(f"write-off {body}".encode()).digest()
        owner.execute("insert into portal.idempotency_keys values (%s, 'as-sent-before', '\\x00', '1')", [user])
    refused = send("accountant", "post", body=WANTED, **{"Idempotency-Key": "as-sent-before"})
    assert refused.status_code == 409
    assert len(desk.statuses()) == 1


def test_a_refused_request_leaves_its_key_free(desk: Desk, send: Send) -> None:
    key = {"Idempotency-Key": "k1"}
    assert send("accountant", "post", body=WANTED | {"amount": "500"}, **key).status_code == 400
    assert send("accountant", "post", body=WANTED, **key).status_code == 201
    assert len(desk.statuses()) == 1


def test_of_two_with_one_key_at_once_one_is_made(desk: Desk, send: Send) -> None:
    start = threading.Barrier(4)
    answers: list[TestResponse] = []

    def ask() -> None:
        start.wait()
        answers.append(send("accountant", "post", body=WANTED, **{"Idempotency-Key": "k2"}))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["data"]["id"] for answer in answers}) == 1
    assert len(desk.statuses()) == 1


def test_requests_are_a_file_in_three_formats(desk: Desk, send: Send) -> None:
    first, second = desk.ask("I06", "20", reason="=cmd()"), desk.ask("I06", "5", "SMALL_BALANCE")
    desk.decide(first)
    query = f"?reportType=write-offs&{YEAR}"
    with send("accountant", "get", query, under=EXPORT) as answer:
        lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(line["id"], line["amount"], line["status"]) for line in lines] == [
        (str(second), "5.00", "PENDING"), (str(first), "20.00", "APPROVED"),
    ]  # fmt: skip
    assert lines[1]["reason"] == "'=cmd()"
    with send("accountant", "get", f"{query}&status=PENDING&category=SMALL_BALANCE", under=EXPORT) as answer:
        assert [line["id"] for line in csv.DictReader(io.StringIO(answer.text, newline=""))] == [str(second)]
    for form in ("xlsx", "pdf"):
        with send("accountant", "get", f"{query}&format={form}", under=EXPORT) as answer:
            assert answer.status_code == 200
    refused = send("accountant", "get", f"?reportType=revenue&category=OTHER&{YEAR}", under=EXPORT)
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (400, ["category"])
