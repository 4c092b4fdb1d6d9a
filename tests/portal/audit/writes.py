"""How each request that changes something is sent: prepared first, then sent as often as wanted, until it succeeds."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from passlib.totp import TOTP
from werkzeug.test import TestResponse

from tests.portal import world
from tests.portal.audit.walk import NOW, Portal
from tests.portal.billing_audit import logs
from warehouse.engine import connect

Send = Callable[[], TestResponse]
Prepare = Callable[[Portal], Send]
_PASSWORD = "quite another long passphrase"


def _form(address: str, **form: Any) -> Prepare:
    """A form of the super_admin's browser; ``{n}`` in the address is a request that waits."""

    def prepare(portal: Portal) -> Send:
        target = address.format(n=portal.request() if "{n}" in address else 0)
        data = {"csrf_token": portal.csrf()} | form
        return lambda: portal.boss.post(target, data=data)

    return prepare


def _api(method: str, address: str, json: dict[str, Any], *, approved: bool = False) -> Prepare:
    def prepare(portal: Portal) -> Send:
        target = address.format(n=_approved(portal) if approved else portal.request() if "{n}" in address else 0)
        headers = {"X-CSRFToken": portal.csrf()}
        return lambda: portal.boss.open(target, method=method, json=json, headers=headers)

    return prepare


def _approved(portal: Portal) -> int:
    number = portal.request()
    answer = portal.boss.post(f"/staff/write-offs/{number}/approve", data={"csrf_token": portal.csrf()})
    assert answer.status_code == 302, answer.text
    return number


def _reverse(portal: Portal) -> Send:
    return _form(f"/staff/write-offs/{_approved(portal)}/reverse", notes="posted in error")(portal)


def _batch(portal: Portal) -> Send:
    return _small_balances(portal, portal.boss, most=100)


def _approve_batch(portal: Portal) -> Send:
    asked = _small_balances(portal, portal.other, most=50)()
    number = re.search(r"batchId=(\d+)", asked.location or "")
    assert number, asked.text
    return _form(f"/staff/write-offs/batches/{number[1]}/approve")(portal)


def _small_balances(portal: Portal, client: FlaskClient, most: int) -> Send:
    address = f"/staff/write-offs/small-balances?hospitalId=H1&minDaysOverdue=0&maxAmount={most}"
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', client.get(address).text)
    assert digest
    return _sent(client, address, digest=digest[1], reason="small")


def _run(address: str) -> Prepare:
    def prepare(portal: Portal) -> Send:
        portal.no_run_waits()
        return (_api("POST", address, {}) if "/api/" in address else _form(address))(portal)

    return prepare


def _own(address: str, **form: Any) -> Prepare:
    """A form of somebody's own account."""

    def prepare(portal: Portal) -> Send:
        return _sent(portal.somebody()[1], address, **form)

    return prepare


def _user(address: str, **form: Any) -> Prepare:
    """A form about somebody, sent by the super_admin."""

    def prepare(portal: Portal) -> Send:
        email, _ = portal.somebody()
        return _form(address.format(user=portal.user_id(email)), **form)(portal)

    return prepare


def _token(portal: Portal) -> Send:
    email, client = portal.somebody()
    return _sent(client, f"/account/tokens/{portal.token(email)}/revoke")


def _saved_view(portal: Portal) -> Send:
    _, client = portal.somebody()
    assert _sent(client, "/staff/views/new", name="mine", view="/staff/reports/revenue")().status_code == 302
    number = re.search(r"/staff/views/(\d+)/remove", client.get("/staff/views").text)
    assert number
    return _sent(client, f"/staff/views/{number[1]}/remove")


def _login(portal: Portal) -> Send:
    email, _ = portal.somebody()
    return _posted(portal.app.test_client(), "/login", email=email, password=world.PASSWORD)


def _forgotten(portal: Portal) -> Send:
    email, _ = portal.somebody()
    return _posted(portal.app.test_client(), "/new-password", email=email)


def _reset(portal: Portal) -> Send:
    email, _ = portal.somebody()
    address = portal.reset_link(email)
    return _posted(portal.app.test_client(), address, password=_PASSWORD, password_confirm=_PASSWORD)


def _posted(client: FlaskClient, address: str, **form: str) -> Send:
    data = {"csrf_token": world.csrf_token(client.get(address).text)} | form
    return lambda: client.post(address, data=data)


def _sent(client: FlaskClient, address: str, **form: str) -> Send:
    data = {"csrf_token": world.csrf_token(client.get("/account").text)} | form
    return lambda: client.post(address, data=data)


def _new_app(portal: Portal, client: FlaskClient) -> tuple[TOTP, Send]:
    page = _posted(client, "/two-factor/setup", setup="authenticator")().text
    key, target = re.search(r"Key: <code>([A-Z0-9-]+)</code>", page), re.search(r'action="([^"]+)"', page)
    assert key and target
    app = TOTP(key[1].replace("-", ""))
    data = {"csrf_token": world.csrf_token(page), "code": app.generate(NOW - timedelta(seconds=30)).token}
    return app, lambda: client.post(target[1], data=data)


def _change_app(portal: Portal) -> Send:
    return _new_app(portal, portal.somebody()[1])[1]


def _code(portal: Portal) -> Send:
    email, client = portal.somebody()
    app, enrol = _new_app(portal, client)
    assert enrol().status_code == 302
    new = portal.app.test_client()
    assert "/two-factor/code" in _posted(new, "/login", email=email, password=world.PASSWORD)().location
    return _posted(new, "/two-factor/code", code=app.generate(NOW).token)


def _recovery(portal: Portal) -> Send:
    email, client = portal.somebody()
    assert _new_app(portal, client)[1]().status_code == 302
    page = _posted(client, "/two-factor/recovery-codes", show_codes="1")().text
    code = re.search(r"<li><code>([0-9a-f-]+)</code></li>", page)
    assert code
    new = portal.app.test_client()
    assert _posted(new, "/login", email=email, password=world.PASSWORD)().status_code == 302
    return _posted(new, "/two-factor/recovery", code=code[1])


def _kept(what: str, remove: str, **form: str) -> Prepare:
    """The form by which what was kept of an export is let go."""

    def prepare(portal: Portal) -> Send:
        portal.made += 1
        answer = _form(f"/exports/{what}", **_EXPORT | {"name": f"kept {portal.made}"} | form)(portal)()
        assert answer.status_code == 302, answer.text
        page = portal.boss.get("/exports").text
        number = max(int(one) for one in re.findall(rf"/exports/{what}/(\d+)/{remove}", page))
        return _form(f"/exports/{what}/{number}/{remove}")(portal)

    return prepare


def _upload(portal: Portal) -> Send:
    token = logs.token(portal.doctor)
    return lambda: portal.doctor.post(
        "/audit/uploads",
        data={"csrf_token": token, "file": (io.BytesIO(logs.LOG.encode()), "march.csv")},
        content_type="multipart/form-data",
    )


def _log(step: str) -> Prepare:
    def prepare(portal: Portal) -> Send:
        log = logs.LOG.replace("T5", f"T5-{step}")  # the same file again would be nothing new
        number = logs.import_log(portal.doctor, log) if step == "withdraw" else logs.draft(portal.doctor, log)
        form = {} if step == "withdraw" else logs.columns(portal.doctor, number)
        return _sent(portal.doctor, f"/audit/uploads/{number}/{step}", **form)

    return prepare


def _confirm(portal: Portal) -> Send:
    return _sent(portal.doctor, f"/audit/cases/{portal.keys['show']}/confirm", billed=portal.keys["billed"])


def _split(portal: Portal) -> Send:
    key = logs.key_of(portal.doctor, "T4", "matched")
    billed = re.search(r'name="billed" value="([^"]+)"', portal.doctor.get(f"/audit/cases/{key}").text)
    assert billed
    return _sent(portal.doctor, f"/audit/cases/{key}/split", billed=billed[1])


def _undo(portal: Portal) -> Send:
    page = portal.doctor.get(f"/audit/cases/{portal.keys['show']}").text
    undo = re.search(r'action="(/audit/cases/[0-9a-f]+/undo/\d+)"', page)
    assert undo, page
    return _sent(portal.doctor, undo[1])


def _dispute(portal: Portal) -> Send:
    key = logs.key_of(portal.doctor, "T5", "discrepancies")
    with connect("owner") as owner:
        owner.execute("update portal.disputes set state = 'withdrawn' where label = 'T5'")
    return _sent(portal.doctor, f"/audit/disputes/new/{key}", onDate="2026-03-20", claimed="5.00")


def _dispute_step(portal: Portal) -> Send:
    return _sent(portal.doctor, "/audit/disputes/1", kind="answered", onDate="2026-03-21", outcome="asks")


def _dispute_undo(portal: Portal) -> Send:
    assert _dispute_step(portal)().status_code == 302
    step = re.search(r'action="(/audit/disputes/1/undo/\d+)"', portal.doctor.get("/audit/disputes/1").text)
    assert step
    return _sent(portal.doctor, step[1])


def _statement(step: str) -> Prepare:
    def prepare(portal: Portal) -> Send:
        amounts = {} if step else {"grossPay": "100.00"}
        return _sent(portal.doctor, f"/compensation/statements{step}", month="2026-01", **amounts)

    return prepare


def _statement_withdraw(portal: Portal) -> Send:
    assert _statement("")(portal)().status_code == 302
    page = portal.doctor.get("/compensation/statements").text
    standing = re.search(r'action="(/compensation/statements/\d+/withdraw)"', page)
    assert standing
    return _sent(portal.doctor, standing[1])


def _rows(portal: Portal) -> Send:
    rows = [{"caseDate": "2026-03-12", "patientTicket": "T4", "cptCodes": ["D0010"], "minutes": 30}]
    body = {"rows": rows, "coveredFrom": "2026-03-12", "coveredTo": "2026-03-31"}
    headers = {"X-CSRFToken": portal.csrf(portal.doctor)}
    return lambda: portal.doctor.post("/api/v1/billing-audit/case-logs", json=body, headers=headers)


def _withdrawn(portal: Portal) -> Send:
    address = "/staff/outstanding/I06/follow-ups"
    assert _sent(portal.boss, f"{address}?hospitalId=H1", note="to be withdrawn")().status_code == 302
    with connect("owner") as owner:
        number = owner.execute("select max(id) from portal.follow_ups where note is not null").fetchall()[0][0]
    return _sent(portal.boss, f"{address}/{number}/withdraw?hospitalId=H1")


_WRITE_OFF = {"invoiceId": "I06", "hospitalId": "H1", "amount": "0.25", "reason": "test", "category": "OTHER"}
_DESK = "/api/v1/financial-reports/write-offs"
_RIGHTS = {"role": "accountant", "hospital": "H1", "providers": ""}
_EXPORT = {"entity": "write-offs", "format": "csv", "hospitalId": "H1", "name": "kept"}
_BY_MAIL = {"rhythm": "weekly", "recipients": "somebody1@clinic.org"}
WRITES: dict[str, Prepare] = {
    "export_orders.preview": _form("/exports/new", **_EXPORT),
    "export_orders.make": _form("/exports", **_EXPORT, keep="yes"),
    "export_orders.keep_template": _form("/exports/templates", **_EXPORT),
    "export_orders.keep_schedule": _form("/exports/schedules", **_EXPORT, **_BY_MAIL),
    "exports.forget_template": _kept("templates", "delete"),
    "exports.leave_schedule": _kept("schedules", "leave", **_BY_MAIL),
    "exports.end_schedule": _kept("schedules", "end", **_BY_MAIL),
    "account.sign_out_everywhere": _own("/account/sign-out-everywhere", tokens="yes"),
    "account.revoke_token": _token,
    "tokens.make": _own("/account/tokens/new", name="for a script", days="30"),
    "saved_views.keep": _own("/staff/views/new", name="mine", view="/staff/reports/revenue"),
    "saved_views.remove": _saved_view,
    "audit_log.verify": _form("/admin/audit/verify"),
    "etl_runs.start": _run("/admin/etl/run"),
    "user_admin.invite": _form("/admin/users/new", email="new@clinic.org", **_RIGHTS),
    "user_admin.change": _user("/admin/users/{user}", **_RIGHTS),
    "user_admin.switch": _user("/admin/users/{user}/0"),
    "api_v1.write_offs.create": _api("POST", _DESK, _WRITE_OFF),
    "api_v1.write_offs.reject": _api("PATCH", _DESK + "/{n}/reject", {}),
    "api_v1.write_offs.cancel": _api("PATCH", _DESK + "/{n}/cancel", {}),
    "api_v1.write_offs.approve": _api("PATCH", _DESK + "/{n}/approve", {"notes": "agreed"}),
    "api_v1.write_offs.reverse": _api("PATCH", _DESK + "/{n}/reverse", {"notes": "in error"}, approved=True),
    "api_v1.etl.start": _run("/api/v1/reports/etl/run"),
    "api_v1.patients.search_unseen": _api("POST", "/api/v1/reports/patients/search?currency=USD", {"q": "Muster"}),
    "patients.search": _form("/staff/patients", q="Muster"),
    "contacts.show": _form("/staff/patients/P01/contact?hospitalId=H1", reason="reminder"),
    "follow_ups.add": _form("/staff/outstanding/I06/follow-ups?hospitalId=H1", note="test"),
    "follow_ups.withdraw": _withdrawn,
    "write_offs.create": _form("/staff/write-offs/new", **_WRITE_OFF),
    "write_offs.approve": _form("/staff/write-offs/{n}/approve", notes="agreed"),
    "write_offs.reject": _form("/staff/write-offs/{n}/reject"),
    "write_offs.cancel": _form("/staff/write-offs/{n}/cancel"),
    "write_offs.reverse": _reverse,
    "write_off_batches.approve": _approve_batch,  # of the smallest one; what is left is asked for then
    "write_off_batches.create": _batch,
    "case_logs.create": _upload,
    "case_logs.preview": _log("preview"),
    "case_logs.import_upload": _log("import"),
    "case_logs.withdraw": _log("withdraw"),
    "case_decisions.confirm": _confirm,
    "case_decisions.undo": _undo,
    "case_decisions.split": _split,
    "case_disputes.create": _dispute,
    "case_disputes.go_on": _dispute_step,
    "case_disputes.undo": _dispute_undo,
    "filing_limits.change": _form("/audit/deadlines", hospital="H1", days="120"),
    "statements.preview": _statement("/read"),
    "statements.create": _statement(""),
    "statements.withdraw": _statement_withdraw,
    "api_v1.billing_audit.create": _rows,
    "security.login": _login,
    "security.logout": _own("/logout"),
    "security.forgot_password": _forgotten,
    "security.reset_password": _reset,
    "security.change_password": _own(
        "/password", password=world.PASSWORD, new_password=_PASSWORD, new_password_confirm=_PASSWORD
    ),
    "security.verify": _own("/verify", password=world.PASSWORD),
    "security.mf_recovery_codes": _own("/two-factor/recovery-codes", show_codes="1"),
    "security.two_factor_setup": _own("/two-factor/setup", setup="authenticator"),
    "security.two_factor_setup_validate": _change_app,
    "security.two_factor_token_validation": _code,
    "security.mf_recovery": _recovery,
    "security.two_factor_rescue": _own("/two-factor/rescue"),
    "security.tf_select": _own("/two-factor/select"),
}
# What they show is on record, and there is nothing to change; a search, a proof, a page of a form.
UNCHANGING = {
    "api_v1.patients.search_unseen", "audit_log.verify", "case_logs.preview", "export_orders.preview", "patients.search",
    "security.verify", "statements.preview",
    "security.two_factor_setup", "security.two_factor_rescue", "security.tf_select",
}  # fmt: skip
