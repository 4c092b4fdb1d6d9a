"""Timely filing: how many days each payer gives, as data of the hospital."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from portal.analytics.deadlines import DEFAULT_DAYS
from portal.api.v1.asked import reach
from portal.api.v1.billing_audit_desk import person
from portal.api.v1.parameters import Text
from portal.api.v1.schema import Query
from portal.api.v1.write_off_parameters import Body
from portal.blueprints.filters import frame, read
from portal.blueprints.forms import Form, read_form
from portal.queries.filing_limits import limits_listed, payers
from portal.security import audit_entry, recorded, requires, sessions
from portal.services import filing_limits as service
from portal.services.filing_limits import MOST_DAYS, Wanted

blueprint = Blueprint("filing_limits", __name__, url_prefix="/audit/deadlines")


class LimitBody(Body):
    """Days of a payer; no payer is every one without days of its own, no days takes them away."""

    hospital: Text
    payer: UUID | None = None
    days: int | None = Field(default=None, ge=1, le=MOST_DAYS)


@blueprint.get("")
@requires("deadlines:manage")
def index() -> ResponseReturnValue:
    """Show the days of all payers, and the form that sets them."""
    filters = read(Query)
    return _page(Form({})), filters.status


@blueprint.post("")
@requires("deadlines:manage", fresh=True)
def change() -> ResponseReturnValue:
    """Set the days of a payer, or take them away."""
    here, form = reach(), read_form(LimitBody)
    if form.body is None:
        return _page(form), 400
    if form.body.hospital not in {one.hospital_id for one in here.hospitals}:
        form.errors["hospital"] = "Choose one of your hospitals."
    if form.body.payer is not None and form.body.payer not in {one.payer_key for one in payers(here.marts)}:
        form.errors["payer"] = "Choose one of the list."
    if form.errors:
        return _page(form), 400
    wanted = Wanted(form.body.hospital, form.body.payer, form.body.days)
    service.set_limit(wanted, person(), sessions.now(), audit_entry("filing_limit_set", "filing_limit"))
    recorded()
    flash("Kept: deadlines are counted with it from now on.", "success")
    return redirect(url_for("filing_limits.index"))


def _page(form: Form[LimitBody]) -> str:
    here = reach()
    return render_template(
        "audit/deadlines.html", form=form, limits=limits_listed(here.marts), default=DEFAULT_DAYS, most=MOST_DAYS,
        hospitals=[(one.hospital_id, one.name) for one in here.hospitals],
        payers=[(str(one.payer_key), one.name) for one in payers(here.marts)], **frame(here),
    )  # fmt: skip
