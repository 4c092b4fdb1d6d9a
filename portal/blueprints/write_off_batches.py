"""Small balances, asked for together after a preview, and approved together."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from portal.api.v1.asked import Reach, currency_of, reach, stamp
from portal.api.v1.described import described
from portal.api.v1.download import download
from portal.api.v1.parameters import Amount, Days, ExportFormat
from portal.api.v1.schema import InvalidParametersError, Query
from portal.api.v1.write_off_desk import decider
from portal.api.v1.write_off_parameters import DecisionBody, Words
from portal.blueprints.filters import FORMATS, Filters, frame, link, read
from portal.blueprints.forms import Form, read_form
from portal.exports.write_off_documents import small_balances_document
from portal.queries.outstanding import PayerClass
from portal.queries.small_balances import SmallBalanceFilter
from portal.security import audit_entry, recorded, requires, sessions
from portal.services import write_off_batch
from portal.services.conflicts import ConflictError
from portal.services.write_off_batch import BatchOrder, Preview
from portal.services.write_off_rules import LONGEST, WriteOffError, small_balance_limit
from portal.services.write_offs import NotYoursToDecideError

blueprint = Blueprint("write_off_batches", __name__, url_prefix="/staff/write-offs")


class SmallBalancesQuery(Query):
    """Which small balances; without a largest amount, up to the hospital's limit."""

    max_amount: Amount | None = None
    min_days_overdue: Days = 90
    payer_class: PayerClass | None = None


class FileQuery(SmallBalancesQuery):
    """Parameters of the files."""

    format: ExportFormat = "csv"


class BatchBody(BaseModel):
    """What is said of all of them; ``digest`` names the preview that was looked at."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    digest: str = Field(pattern="^[0-9a-f]{64}$")
    reason: Words = Field(min_length=1, max_length=LONGEST)
    notes: Words | None = Field(default=None, max_length=LONGEST)


@blueprint.get("/small-balances")
@requires("financial-reports:write")
def preview() -> ResponseReturnValue:
    """Show which small balances would be asked for."""
    return _page(Form({}))


@blueprint.get("/small-balances/export")
@requires("financial-reports:write", "exports:create", fresh=True)
def export() -> Response:
    """Return what would be asked for as a file, to be looked through by others."""
    filters, here = read(FileQuery), reach()
    asked = _asked(filters, here)
    if filters.errors or asked is None:
        raise InvalidParametersError(filters.errors or {"hospitalId": "is required: a batch is of one hospital"})
    found = write_off_batch.preview(here.marts, asked, _limit(asked.hospital_id))
    words = described(
        filters.query, here, [("Open at most", found.limit), ("Overdue for days", asked.min_days_overdue)]
    )
    return download(small_balances_document(asked, found.items, stamp(here), words), filters.query.format)


@blueprint.post("/small-balances")
@requires("financial-reports:write")
def create() -> ResponseReturnValue:
    """Ask for what the preview showed, or show what changed since."""
    form = read_form(BatchBody)
    filters, here = read(SmallBalancesQuery), reach()
    asked = _asked(filters, here)
    if form.body is None or asked is None:
        return _page(form)
    order = BatchOrder(asked, form.body.digest, form.body.reason, form.body.notes)
    entry = audit_entry("write_off_batch_request", "write_off_batch")
    try:
        batch, numbers = write_off_batch.request_batch(
            order, decider(), _limit(asked.hospital_id), sessions.now(), entry
        )
    except (WriteOffError, ConflictError) as error:
        form.errors = error.fields if isinstance(error, WriteOffError) else {"form": str(error)}
        return _page(form)
    recorded()
    flash(f"{len(numbers):,} requests wait for somebody to decide.", "success")
    return redirect(url_for("write_offs.index", batchId=batch))


@blueprint.post("/batches/<int:batch>/approve")
@requires("financial-reports:approve", fresh=True)
def approve(batch: int) -> ResponseReturnValue:
    """Approve what is pending of a batch, and say which could not be."""
    form = read_form(DecisionBody)
    entry = audit_entry("write_off_approve", "write_off")
    try:
        if form.body is None:
            raise WriteOffError(**form.errors)
        outcomes = write_off_batch.approve_batch(batch, form.body.notes, decider(), sessions.now(), entry)
    except (WriteOffError, ConflictError, NotYoursToDecideError) as error:
        flash(str(error), "warning")
        return redirect(url_for("write_offs.index", batchId=batch))
    refused = [one for one in outcomes if one.why is not None]
    if len(refused) < len(outcomes):
        recorded()
    flash(f"{len(outcomes) - len(refused):,} write-offs are approved: the balances changed with them.", "success")
    for one in refused[:10]:
        flash(f"Write-off {one.number} is not approved: {one.why}", "warning")
    if len(refused) > 10:
        flash(f"{len(refused) - 10:,} more are not approved: they stay pending.", "warning")
    return redirect(url_for("write_offs.index", batchId=batch))


def _page(form: Form[BatchBody]) -> ResponseReturnValue:
    filters, here = read(SmallBalancesQuery), reach()
    asked = _asked(filters, here)
    found: Preview | None = None
    if asked is not None:
        found = write_off_batch.preview(here.marts, asked, _limit(asked.hospital_id))
    page = render_template(
        "write_offs/small_balances.html", query=filters.query, errors=filters.errors, form=form, found=found, asked=asked,
        action=link("write_off_batches.create"),
        exports=[(name, link("write_off_batches.export", format=name)) for name in FORMATS],
        names={hospital.hospital_id: hospital.name for hospital in here.hospitals}, **frame(here),
    )  # fmt: skip
    if "form" in form.errors:
        return page, 409
    return page, 400 if form.errors or filters.errors else 200


def _asked(filters: Filters[SmallBalancesQuery] | Filters[FileQuery], here: Reach) -> SmallBalanceFilter | None:
    """Return which invoices, None while the hospital or currency is to be chosen, or a filter is wrong."""
    query = filters.query
    if filters.errors or len(here.hospitals) != 1:
        return None
    try:
        currency = currency_of(query, here.currencies)
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return None
    hospital = here.hospitals[0].hospital_id
    most: Decimal = _limit(hospital) if query.max_amount is None else query.max_amount
    return SmallBalanceFilter(hospital, currency, most, query.min_days_overdue, query.payer_class)


def _limit(hospital_id: str) -> Decimal:
    return small_balance_limit(current_app.config["SMALL_BALANCE_LIMITS"], hospital_id)
