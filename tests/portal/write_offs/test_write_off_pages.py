"""The pages of write-offs: the queue, asking from an invoice, deciding, history."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextvars import Context
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.services import audit
from portal.services.audit import Entry
from tests.portal import world
from tests.portal.write_offs.desk import Desk
from warehouse.engine import connect

QUEUE = "/staff/write-offs"
FILLED = {
    "invoiceId": "I06",
    "amount": "20.00",
    "category": "BAD_DEBT",
    "reason": "agreed <b>by phone</b>",
    "key": "k1",
}
Open = Callable[..., TestResponse]


@pytest.fixture
def visit(desk: Desk) -> Open:
    """Open a page as somebody, or send a form of it: ``visit("admin", path, form)``."""
    clients: dict[str, FlaskClient] = {}

    def request(who: str, path: str = "", form: dict[str, str] | None = None) -> TestResponse:
        def run() -> TestResponse:
            if who not in clients:
                clients[who] = world.sign_in(desk.app, f"{who}@clinic.org")
            client, address = clients[who], path if path.startswith("/staff") else QUEUE + path
            if form is None:
                return client.get(address, buffered=True)
            token = world.csrf_token(client.get("/staff/reports").text)
            return client.post(address, data=form | {"csrf_token": token}, buffered=True)

        # The desk has an application context open: a request inside it would share what belongs to one request.
        return Context().run(run)

    return request


def text(page: TestResponse) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page.text)))


def test_a_request_from_an_invoice_is_decided_by_somebody_else(desk: Desk, visit: Open) -> None:
    invoice = visit("accountant", "/staff/outstanding/I06")
    assert "Request a write-off" in invoice.text
    form = visit("accountant", "/new?invoiceId=I06&amount=120.00")
    assert "$120.00" in text(form) and 'value="120.00"' in form.text
    sent = visit("accountant", "/new", FILLED)
    assert (sent.status_code, sent.location) == (302, "/staff/write-offs/1")
    own = visit("accountant", "/1")
    assert "agreed <b>by phone</b>" in text(own) and "<b>by phone" not in own.text
    assert "Cancel this request" in own.text and ">Approve<" not in own.text
    approved = visit("admin", "/1/approve", {"notes": "fine"})
    assert approved.location == "/staff/write-offs/1"
    assert desk.balance("I06") == "100.000"
    after = text(visit("accountant", "/1"))
    assert "approved fine" in after and "Open now $100.00 of $120.00" in after and "Take it back" in after
    assert "20.00" in text(visit("admin", "/staff/outstanding/I06"))


def test_the_queue_shows_sums_and_decides_in_place(desk: Desk, visit: Open) -> None:
    first, second = desk.ask("I06", "20"), desk.ask("I06", "5", "SMALL_BALANCE")
    own = desk.ask("I06", "3", by="admin")
    queue = visit("admin", "?status=PENDING")
    assert "Waiting for a decision $28.00 3 requests" in text(queue)
    assert f'aria-label="Approve {first}"' in queue.text and f'aria-label="Approve {own}"' not in queue.text
    back = visit("admin", f"/{second}/reject", {"back": "status=PENDING"})
    assert back.location == "/staff/write-offs?status=PENDING"
    assert desk.statuses()[second] == "REJECTED"
    assert ">Approve<" not in visit("accountant", "?status=PENDING").text
    assert "No request fits these filters" in visit("admin", "?status=REVERSED").text
    wrong = visit("admin", "?startDate=tomorrow&status=PENDING")
    assert (wrong.status_code, "must be a day" in wrong.text) == (400, True)


def test_home_counts_what_waits(desk: Desk, visit: Open) -> None:
    desk.ask("I06", "20")
    desk.ask("I06", "5", by="admin")
    assert "Write-offs waiting, USD 2 $25.00; 1 for you to decide" in text(visit("admin", "/staff/reports"))
    assert "Write-offs waiting, USD 2 $25.00 " in text(visit("accountant", "/staff/reports"))
    assert "waiting" not in visit("abroad", "/staff/reports").text


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"amount": "120.01"}, "amount", "$120.00 are open"),
        ({"amount": "lots"}, "amount", "must be an amount"),
        ({"amount": ""}, "amount", "is required"),
        ({"category": "LOST"}, "category", "is none of the choices: it is one of 'BAD_DEBT'"),
        ({"reason": "  "}, "reason", "is required"),
        ({"invoiceId": "none"}, "invoiceId", "There is no such invoice here."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    desk: Desk, visit: Open, change: dict[str, str], field: str, message: str
) -> None:
    refused = visit("accountant", "/new", FILLED | {"notes": "kept <i>"} | change)
    assert refused.status_code == 400
    found = re.search(rf'<p class="field__error" id="e-{field}">([^<]*)</p>', refused.text)
    assert found and message in html.unescape(found[1]), refused.text
    assert "kept &lt;i&gt;" in refused.text
    assert desk.statuses() == {}


def test_a_form_sent_twice_asks_once(desk: Desk, visit: Open) -> None:
    assert visit("accountant", "/new", FILLED).location == visit("accountant", "/new", FILLED).location
    assert len(desk.statuses()) == 1


def test_what_cannot_be_done_is_said_on_the_page(desk: Desk, visit: Open) -> None:
    own, done = desk.ask("I06", "20", by="admin"), desk.ask("I06", "5")
    refused = visit("admin", f"/{own}/approve", {})
    assert (refused.status_code, "somebody else has to decide" in refused.text) == (403, True)
    desk.decide(done)
    again = visit("other", f"/{done}/reject", {})
    assert (again.status_code, "decided already: it is approved" in again.text) == (409, True)
    silent = visit("accountant", f"/{done}/reverse", {"notes": " "})
    assert (silent.status_code, "Say why it is to be taken back" in silent.text) == (400, True)
    assert visit("accountant", f"/{done}/reverse", {"notes": "posted in error"}).status_code == 302
    assert f"taking back requested ( {done + 1} ) posted in error" in text(visit("admin", f"/{done}"))
    assert visit("accountant", f"/{own}/approve", {}).status_code == 403
    assert visit("abroad", f"/{own}").status_code == 404
    assert visit("admin", "/999").status_code == 404


def test_small_balances_are_previewed_asked_for_and_approved_together(desk: Desk, visit: Open) -> None:
    desk.app.config["SMALL_BALANCE_LIMITS"] = {"*": Decimal(150)}
    address = "/small-balances?maxAmount=150&minDaysOverdue=0"
    page = visit("accountant", address)
    assert page.status_code == 200
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', page.text)
    assert found, text(page)
    count = int(re.search(r"([0-9]+) invoices? At most", text(page))[1])  # type: ignore[index]
    silent = visit("accountant", address, {"digest": found[1], "reason": " "})
    assert (silent.status_code, 'id="e-reason">is required' in silent.text) == (400, True)
    made = visit("accountant", address, {"digest": found[1], "reason": "not worth a letter"})
    assert (made.status_code, made.location) == (302, "/staff/write-offs?batchId=1")
    assert list(desk.statuses().values()) == ["PENDING"] * count
    again = visit("accountant", address, {"digest": found[1], "reason": "not worth a letter"})
    assert (again.status_code, "since the preview" in again.text) == (409, True)
    assert "Approve all that is pending" not in visit("accountant", "?batchId=1").text
    assert "Approve all that is pending of batch 1" in text(visit("admin", "?batchId=1"))
    assert visit("admin", "/batches/1/approve", {}).location == "/staff/write-offs?batchId=1"
    assert f"{count} write-offs are approved" in text(visit("admin", "?batchId=1"))
    assert list(desk.statuses().values()) == ["APPROVED"] * count
    assert "Approved of those decided 100.00 %" in text(visit("admin"))
    wrong = visit("accountant", "/small-balances?maxAmount=little")
    assert (wrong.status_code, "must be an amount" in wrong.text) == (400, True)


def test_what_differs_from_the_billing_system_is_listed(desk: Desk, visit: Open) -> None:
    assert "Nothing is to be reconciled" in visit("accountant", "/reconcile").text
    with connect("owner") as connection:
        changed = connection.execute(
            "update marts_b1.fct_write_offs set reconciliation = 'not requested' where hospital_id = 'H1'"
            " and currency = 'USD' and amount > 0 returning invoice_id"
        ).fetchall()
    assert changed
    page = visit("accountant", "/reconcile")
    assert all(f">{invoice}</a>" in page.text for (invoice,) in changed)
    assert f"{len(changed)} write-off" in text(page)
    file = visit("accountant", "/reconcile/export?format=csv&difference=not+requested")
    assert len(file.text.splitlines()) == len(changed) + 1
    assert visit("accountant", "/reconcile?difference=not+posted").status_code == 200
    assert visit("accountant", "/reconcile?difference=lost").status_code == 400


@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("user_change", {"roles": ["hospital_admin"]}),
        ("user_create", {"roles": ["viewer"]}),
        ("user_switch", {"active": True}),
    ],
)
def test_an_approver_whom_the_requester_made_is_flagged(
    desk: Desk, visit: Open, action: str, values: dict[str, Any]
) -> None:
    asked, other = desk.ask("I06", "20"), desk.ask("I06", "5", by="other")
    now = datetime.now(UTC)
    desk.decide(asked, now=now)
    desk.decide(other, now=now)
    assert "look twice" not in visit("admin").text
    made = Entry(
        str(desk.people["accountant"]), action, "user", resource_id=str(desk.people["admin"]), new_values=values,
    )  # fmt: skip
    with desk.app.app_context():
        audit.record(made)
    assert "look twice" not in visit("admin", f"/{asked}").text  # it came after the decision
    third = desk.ask("I06", "1")
    desk.decide(third, now=datetime.now(UTC))
    assert "in the 30 days before" in visit("admin", f"/{third}").text
    assert visit("admin").text.count("look twice") == 1


def test_the_queue_is_a_file(desk: Desk, visit: Open) -> None:
    number = desk.ask("I06", "20")
    file = visit("accountant", "/export?format=csv&status=PENDING")
    assert file.mimetype == "text/csv" and f"{number},write-off," in file.text
