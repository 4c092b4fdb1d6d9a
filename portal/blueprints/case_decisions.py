"""One logged case: what was billed for it and why we think so, and saying what it is; and one billed case with its charges."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from portal.analytics.billing_audit import Discrepancy, MissingCase
from portal.analytics.cases import Ambiguous, BilledCase, Match
from portal.api.v1.asked import Reach, reach
from portal.api.v1.billing_audit_desk import person, scope_asked
from portal.blueprints.filters import frame
from portal.queries.billing_audits import BillingAudit, billing_audit, charges, provider_name
from portal.queries.case_logs import Entry
from portal.queries.disputes import Dispute, disputes
from portal.security import audit_entry, recorded, requires, sessions
from portal.services import case_decisions
from portal.services.case_logs import CaseLogError
from portal.services.conflicts import ConflictError

blueprint = Blueprint("case_decisions", __name__, url_prefix="/audit/cases")
_OFFERED_DAYS, _OFFERED = 31, 20


@dataclass(frozen=True)
class Found:
    """A logged case and what became of it: one of ``match``, ``missing`` and ``group``."""

    audit: BillingAudit
    entry: Entry
    match: Match | None
    missing: MissingCase | None
    group: Ambiguous | None
    discrepancy: Discrepancy | None


@blueprint.get("/<key>")
@requires("compensation:read")
def show(key: str) -> str:
    """Show a logged case with everything that speaks for and against its charges."""
    return _page(_found(key, reach()))


@blueprint.post("/<key>/confirm")
@requires("compensation:read", fresh=True)
def confirm(key: str) -> ResponseReturnValue:
    """Say that the case is these billed ones."""
    return _decide(key, "confirm")


@blueprint.post("/<key>/split")
@requires("compensation:read", fresh=True)
def split(key: str) -> ResponseReturnValue:
    """Say that the case is not these billed ones."""
    return _decide(key, "split")


@blueprint.post("/<key>/undo/<int:number>")
@requires("compensation:read", fresh=True)
def undo(key: str, number: int) -> ResponseReturnValue:
    """Take back what was said."""
    found = _found(key, reach())
    try:
        entry = audit_entry("case_match_undo", "case_log", resource_id=key)
        case_decisions.undo(number, found.entry, person(), sessions.now(), entry)
    except ConflictError as error:
        flash(str(error), "warning")
    else:
        recorded()
        flash("The decision is taken back: what speaks for and against it decides again.", "success")
    return redirect(url_for("case_decisions.show", key=key))


@blueprint.get("/billed/<key>")
@requires("compensation:read")
def billed(key: str) -> str:
    """Show a billed case with its charges."""
    here = reach()
    audit, case = _billed(key, here)
    matches = [one for one in audit.matching.matches if case in one.billed]
    return render_template(
        "audit/billed.html", case=case, match=matches[0] if matches else None, charges=charges(here.marts, [case.key]),
        is_unexpected=case in audit.matching.unexpected, currency=audit.scope.currency, **frame(here),
    )  # fmt: skip


def _billed(key: str, here: Reach) -> tuple[BillingAudit, BilledCase]:
    for audit in _audits(here):
        matching = audit.matching
        every = [*matching.unexpected, *matching.outside, *matching.reversed]
        every += [part for one in matching.matches for part in one.billed]
        every += [case for group in matching.ambiguous for case in group.billed]
        for case in every:
            if case.key == key:
                return audit, case
    raise NotFound("There is no such billed case of your providers.")


def _decide(key: str, kind: str) -> ResponseReturnValue:
    found = _found(key, reach())
    try:
        chosen = [UUID(text) for text in request.form.getlist("billed")]
    except ValueError:
        abort(400)
    entry = audit_entry(f"case_match_{kind}", "case_log", resource_id=key)
    try:
        case_decisions.decide(
            "split" if kind == "split" else "confirm", found.entry, chosen, person(), sessions.now(), entry
        )
    except CaseLogError as error:
        return _page(found, error.fields), 400
    except ConflictError as error:
        return _page(found, {"form": str(error)}), 409
    recorded()
    flash("Kept: the next upload will find it, too.", "success")
    return redirect(url_for("case_decisions.show", key=key))


def _page(found: Found, errors: dict[str, str] | None = None) -> str:
    here = reach()
    parts = found.match.billed if found.match else ()
    return render_template(
        "audit/case.html", found=found, entry=found.entry, errors=errors or {}, offered=_offered(found),
        decisions=found.audit.decided.get(found.entry.case_key, []), currency=found.audit.scope.currency,
        charges=charges(here.marts, [part.key for part in parts]), dispute=_dispute(found, here), **frame(here),
    )  # fmt: skip


def _dispute(found: Found, here: Reach) -> Dispute | None:
    about = [one for one in disputes(here.marts, found.audit.scope) if one.subject_key == found.entry.case_key]
    return about[-1] if about else None


def _found(key: str, here: Reach) -> Found:
    for audit in _audits(here):
        entry = audit.entries.get(key)
        if entry is None:
            continue
        report = audit.report()
        return Found(
            audit, entry,
            next((one for one in report.matches if one.logged.key == key), None),
            next((one for one in report.missing if one.logged.key == key), None),
            next((one for one in report.ambiguous if any(case.key == key for case in one.logged)), None),
            next((one for one in report.discrepancies if one.match.logged.key == key), None),
        )  # fmt: skip
    raise NotFound("There is no such case in the logs of your providers.")


def _audits(here: Reach) -> list[BillingAudit]:
    return [billing_audit(here.marts, scope_asked(None, currency, here)) for currency in here.currencies]


def _offered(found: Found) -> list[BilledCase]:
    """Return billed cases that nobody was given yet and that the case might be, the nearest day first."""
    entry, matching = found.entry, found.audit.matching
    provider = provider_name(entry.hospital_id, entry.provider_id)
    free = [*matching.unexpected, *matching.outside]
    free += [case for group in matching.ambiguous for case in group.billed]
    near = [
        case
        for case in free
        if case.provider == provider and abs((case.case_date - entry.case_date).days) <= _OFFERED_DAYS
    ]
    likely = {one.billed.key: one.score for one in found.missing.found.possible} if found.missing else {}
    near.sort(key=lambda case: (-likely.get(case.key, 0), abs((case.case_date - entry.case_date).days), case.key))
    return near[:_OFFERED]
