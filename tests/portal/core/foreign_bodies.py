"""What somebody of H2 sends with ids of H1 in its body, to addresses of H2's own: for every route that changes something.

``{name}`` in a body is an id of H1 (or, after ``own_``, of H2). A write route that is in none of these lists fails the tests.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient

from tests.portal import world
from tests.portal.billing_audit import logs
from tests.portal.core.planted import Planted
from warehouse.engine import connect

Body = dict[str, Any]
_ORDER = {"entity": "write-offs", "format": "csv", "hospitalId": "H2", "name": "of H2 {new}"}
_OTHER_HOSPITAL = _ORDER | {"hospitalId": "H1"}
_TWO_HOSPITALS = _ORDER | {"hospitalId": ["H2", "H1"]}
_MAIL = {"rhythm": "weekly"}
_WRITE_OFF = {"amount": "1.00", "category": "OTHER", "reason": "agreed"}
_ROWS = [{"caseDate": "2026-03-12", "patientTicket": "N9", "cptCodes": "D0010"}]
_PLACE = {"month": "2026-01", "grossPay": "100.00"}
_SENT = {"onDate": "2026-03-20", "claimed": "5.00"}
_RIGHTS = {"role": "viewer", "email": "{new_mail}"}
_SMALL = "hospitalId=H2&minDaysOverdue=0&maxAmount=99"
_VIEW = {"name": "of H2 {new}", "view": "/staff/reports/revenue"}


@dataclass(frozen=True)
class Try:
    """A body, the query and the arguments of the address that it goes to, and whether it is JSON."""

    body: Body
    query: str = ""
    own: dict[str, str] = field(default_factory=dict)
    json: bool = False


# Each is refused: 400, 403 or 404, and nothing is written.
REFUSED: dict[str, tuple[Try, ...]] = {
    "export_orders.preview": (Try(_OTHER_HOSPITAL), Try(_TWO_HOSPITALS)),
    "export_orders.make": (Try(_OTHER_HOSPITAL | {"keep": "yes"}), Try(_OTHER_HOSPITAL), Try(_TWO_HOSPITALS)),
    "export_orders.keep_template": (Try(_OTHER_HOSPITAL), Try(_TWO_HOSPITALS), Try(_ORDER | {"share": "H1"})),
    "export_orders.keep_schedule": (
        Try(_OTHER_HOSPITAL | _MAIL | {"recipients": "{own_mail}"}), Try(_ORDER | _MAIL | {"recipients": "{mail}"}),
        Try(_ORDER | _MAIL | {"recipients": "{own_mail} {mail}"}),
    ),
    "saved_views.keep": (
        Try(_VIEW | {"hospital": "H1"}), Try(_VIEW | {"view": "/staff/reports/revenue?hospitalId=H1"}),
        Try(_VIEW | {"view": "/staff/reports/revenue?hospitalId=H2&hospital=H1", "hospital": "H2"}),
    ),
    "user_admin.invite": (
        Try(_RIGHTS | {"hospital": "H1"}), Try(_RIGHTS | {"hospital": ["H2", "H1"]}),
        Try(_RIGHTS | {"hospital": "H2", "email": "{taken}"}),
    ),
    "user_admin.change": (
        Try({"role": "viewer", "hospital": "H1"}, own={"user_id": "own_user"}),
        Try({"role": "viewer", "hospital": ["H2", "H1"]}, own={"user_id": "own_user"}),
    ),
    "write_offs.create": (
        Try(_WRITE_OFF | {"invoiceId": "{invoice}"}), Try(_WRITE_OFF | {"invoiceId": "{invoice}", "hospitalId": "H1"}),
        Try(_WRITE_OFF | {"invoiceId": "{invoice}", "hospitalId": "H2"}),
        Try(_WRITE_OFF | {"invoiceId": "{own_invoice}", "hospitalId": "H1"}),
    ),
    "api_v1.write_offs.create": (
        Try(_WRITE_OFF | {"invoiceId": "{invoice}"}, json=True),
        Try(_WRITE_OFF | {"invoiceId": "{invoice}", "hospitalId": "H1"}, json=True),
        Try(_WRITE_OFF | {"invoiceId": "{own_invoice}", "hospitalId": "H1"}, json=True),
    ),
    "api_v1.billing_audit.create": (
        Try({"rows": _ROWS, "providerId": "{provider}"}, json=True),
        Try({"rows": [_ROWS[0] | {"hospitalId": "H1"}]}, json=True), Try({"rows": _ROWS, "hospitalId": "H1"}, json=True),
    ),
    "case_logs.create": (Try({"provider": "{provider}", "file": "a file"}),),
    "case_decisions.confirm": (Try({"billed": "{billed}"}, own={"key": "own_case"}),),
    "case_decisions.split": (Try({"billed": "{billed}"}, own={"key": "own_case"}),),
    "case_disputes.create": (Try(_SENT | {"hospitalId": "H1"}, own={"key": "own_case"}),),
    "filing_limits.change": (Try({"hospital": "H1", "days": "120"}),),
    "statements.preview": (Try({"provider": "H1|{provider}", "month": "2026-01"}),),
    "statements.create": (Try(_PLACE | {"provider": "H1|{provider}"}), Try(_PLACE | {"provider": "{provider}"})),
    "write_off_batches.create": (Try({"digest": "{digest}", "reason": "small"}, _SMALL),),
    "follow_ups.withdraw": (Try({}, "hospitalId=H2", {"invoice_id": "own_invoice", "number": "follow_up"}),),
}  # fmt: skip
# An id means something of H2 there, whatever H1 calls so: a user is linked to a provider at the user's own hospitals.
TAKEN: dict[str, tuple[Try, ...]] = {
    "user_admin.invite": (Try(_RIGHTS | {"role": "provider", "hospital": "H2", "providers": "{provider}"}),),
    "user_admin.change": (
        Try({"role": "provider", "hospital": "H2", "providers": "{provider}"}, own={"user_id": "own_user"}),
    ),
}
# H2 has nothing billed, no preview and no entry of its own; the fields of cases and disputes are no fields there.
NOTHING_LIKE_IT = {
    "case_decisions.confirm", "case_decisions.split", "write_off_batches.create", "follow_ups.withdraw", "case_disputes.create",
    "api_v1.billing_audit.create", "statements.create",
}  # fmt: skip
# Taken for what can be taken back no more: told so on the own page, and nothing is written.
TOLD: dict[str, tuple[Try, ...]] = {
    "case_decisions.undo": (Try({}, own={"key": "own_case", "number": "decision"}),),
    "case_disputes.undo": (Try({}, own={"number": "own_dispute", "step": "step"}),),
}
# A filter with an id of H1 finds what one with an id of nothing finds: the same answer, and nothing of H1 in it.
FOUND: dict[str, tuple[Try, ...]] = {
    "patients.search": (Try({"q": "{patient}"}), Try({"q": "{invoice}"}), Try({"q": "Muster"})),
    "api_v1.patients.search_unseen": (Try({"q": "{patient}"}, json=True), Try({"q": "{invoice}"}, json=True)),
    "export_orders.preview": (
        Try(_ORDER | {"entity": "patient-history", "patientId": "{patient}"}), Try(_ORDER | {"invoiceId": "{invoice}"}),
        Try(_ORDER | {"entity": "transactions", "patientId": "{patient}"}),
        Try(_ORDER | {"entity": "revenue", "providerId": "{provider}"}),
        Try(_ORDER | {"entity": "compensation", "providerId": "{provider}"}), Try(_ORDER | {"batchId": "{batch}"}),
    ),
    "export_orders.make": (
        Try(_ORDER | {"entity": "transactions", "patientId": "{patient}"}), Try(_ORDER | {"invoiceId": "{invoice}"}),
        Try(_ORDER | {"entity": "cases", "providerId": "{provider}"}), Try(_ORDER | {"batchId": "{batch}"}),
    ),
}  # fmt: skip
# No field of these holds an id of anything at a hospital, and why.
WITHOUT_IDS = {
    **dict.fromkeys(
        [f"{part}.{how}" for part in ("write_offs", "api_v1.write_offs") for how in ("approve", "reject", "cancel", "reverse")],
        "notes alone; every other field is refused",
    ),
    "write_off_batches.approve": "notes alone",
    **dict.fromkeys(["etl_runs.start", "api_v1.etl.start"], "a run is of all hospitals and takes no parameter"),
    **dict.fromkeys(["case_logs.preview", "case_logs.import_upload"], "headings of the own file, and days"),
    "case_disputes.go_on": "day, amount, outcome and note",
    "follow_ups.add": "days, an amount, a note; the invoice is in the address",
    "contacts.show": "a reason of a list; the patient is in the address",
    "tokens.make": "a name, days and permissions, of which one gives only one's own",
    **dict.fromkeys(
        [
            "account.revoke_token", "account.sign_out_everywhere", "audit_log.verify", "case_logs.withdraw",
            "statements.withdraw", "exports.forget_template", "exports.end_schedule",
            "exports.leave_schedule", "saved_views.remove", "user_admin.switch",
        ],
        "nothing but the address",
    ),
}  # fmt: skip
# Every name under which a body carries an id or a hospital somewhere: sent to every route at once.
EVERYTHING: Body = {
    **dict.fromkeys(["hospitalId", "hospital", "hospitals", "hospital_id", "share"], "H1"),
    "provider": "H1|{provider}", "providers": "{provider}", "providerId": "{provider}", "recipients": "{mail}",
    **dict.fromkeys(["patientId", "patient"], "{patient}"), **dict.fromkeys(["invoiceId", "invoice"], "{invoice}"),
    "batchId": "{batch}", "billed": "{billed}", "template": "{template}", "schedule": "{schedule}", "upload": "{upload}",
    "number": "{follow_up}", "user_id": "{user}", "view": "/staff/reports?hospitalId=H1",
}  # fmt: skip


def ids(planted: Planted) -> dict[str, Any]:
    """Return what stands for ``{name}``: ids of H1, and H2's own, which are made here."""
    portal, of = planted.portal, planted.ids
    app, own_mail = portal.app, "owner.of.h2@clinic.org"
    with connect("owner") as owner:
        owner.execute(
            "insert into marts_b1.dim_providers (provider_key, hospital_id, source_name, provider_id, name)"
            " values (gen_random_uuid(), 'H2', 'main', 'D9', 'Dr Nine')"
        )
    own_user = portal.user_id(world.add_user(app, "viewer", ["H2"], own_mail))
    nine = world.sign_in(app, world.add_user(app, "provider", ["H2"], "nine.of.h2@clinic.org", ["D9"]))
    logs.import_log(nine, "Date,Ticket,CPT\n2026-03-12,N1,D0010\n2026-03-13,N2,D0020\n")
    case, disputed = (logs.key_of(nine, ticket) for ticket in ("N1", "N2"))
    sent = logs.post(nine, f"/audit/disputes/new/{disputed}", onDate="2026-03-20", claimed="5.00")
    key = logs.key_of(portal.doctor, "T4", "matched")
    billed = re.search(r'name="billed" value="([^"]+)"', portal.doctor.get(f"/audit/cases/{key}").text)
    assert billed
    assert logs.post(portal.doctor, f"/audit/cases/{key}/split", billed=billed[1]).status_code == 302
    page = portal.boss.get("/staff/write-offs/small-balances?hospitalId=H1&minDaysOverdue=0&maxAmount=99").text
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
    assert digest
    with connect("owner") as owner:
        decision = owner.execute("select id from portal.case_log_decisions where hospital_id = 'H1'").fetchall()[0][0]
    return {
        "patient": of["patient_id"], "invoice": of["invoice_id"], "user": of["user_id"], "mail": "only-h1@clinic.org",
        "provider": "D1", "billed": billed[1], "digest": digest[1], "batch": of["batch"], "decision": decision, "step": 1,
        "follow_up": of["follow_ups:number"], "upload": of["case_logs:number"], "template": of["exports.forget_template:number"],
        "schedule": of["exports.end_schedule:number"], "new": 0, "taken": "only-h1@clinic.org", "new_mail": "new-one@clinic.org",
        "own_invoice": "I13", "own_patient": "P12", "own_mail": own_mail, "own_user": own_user, "own_case": case,
        "own_dispute": int(sent.location.rsplit("/", 1)[1]),
    }  # fmt: skip


def filled(body: Body, known: dict[str, Any]) -> Body:
    """Return ``body`` with ids in the place of their names."""

    def fill(value: Any) -> Any:
        if isinstance(value, list):
            return [fill(one) for one in value]
        return value.format_map(known) if isinstance(value, str) else value

    return {name: fill(value) for name, value in body.items()}


def at_h2(body: Body) -> Body:
    """Return ``body`` with H2 in the place of H1."""
    return {
        name: sorted({one.replace("H1", "H2") for one in value}) if isinstance(value, list) and name != "rows"
        else value.replace("H1", "H2") if isinstance(value, str) else value
        for name, value in body.items()
    }  # fmt: skip


def own(known: dict[str, Any], number: int) -> dict[str, Any]:
    """Return H2's own ids in the place of those of H1, and a name and a mail that nobody has."""
    mine = {"invoice": known["own_invoice"], "mail": known["own_mail"], "provider": "D9"}
    return known | mine | {"new": number, "new_mail": f"new-{number}@clinic.org", "taken": "not-taken@clinic.org"}


def nothing(known: dict[str, Any]) -> dict[str, Any]:
    """Return ids of nothing at all, in the place of those of H1."""
    return known | {"patient": "P987654", "invoice": "I987654", "provider": "D987654", "batch": 987654}


def of_h1() -> dict[str, str]:
    """Return a digest of the rows of each table that name H1, and of what the audit log says was done there."""
    with connect("owner") as owner:
        names = owner.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('portal', 'ops', 'jobs', 'phi')"
            " and tablename not in ('audit_log', 'request_counts', 'sign_in_failures')"
        ).fetchall()
        digest = "select '{0}', md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {0} as t where {1}"
        parts = [digest.format(name, r"t::text ~ '\mH1\M'") for (name,) in names]
        parts.append(digest.format("portal.audit_log", "'H1' = any (hospital_ids) and outcome <> 'denied'"))
        return dict(owner.execute(" union all ".join(parts)).fetchall())


def send(client: FlaskClient, method: str, address: str, one: Try, body: Body, csrf: str) -> tuple[int, str]:
    """Send it; return status and text of the answer."""
    if one.json:
        more: dict[str, Any] = {"json": body}
    else:
        more = {"data": body | {"csrf_token": csrf}}
        if "file" in body:
            more["data"]["file"] = (io.BytesIO(b"Date,Ticket,CPT\n2026-03-12,N7,D0010\n"), "log.csv")
            more["content_type"] = "multipart/form-data"
    with client.open(f"{address}?{one.query}", method=method, headers={"X-CSRFToken": csrf}, **more) as answer:
        return answer.status_code, answer.get_data().decode("utf-8", "replace")
