"""Write-offs that the portal and the billing system do not have alike, to be reconciled by people."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from portal.api.v1.asked import currencies_shown, currency_of, reach, stamp
from portal.api.v1.described import described
from portal.api.v1.download import download
from portal.api.v1.parameters import ExportFormat
from portal.api.v1.schema import InvalidParametersError, PageQuery
from portal.blueprints.filters import FORMATS, frame, link, read
from portal.exports.write_off_documents import reconciliation_document
from portal.queries.definitions import definitions
from portal.queries.write_off_reconciliation import (
    DIFFERENCES,
    Difference,
    DifferenceSum,
    ToReconcile,
    reconciliation_page,
    reconciliation_sums,
)
from portal.security import requires

blueprint = Blueprint("write_off_reconciliation", __name__, url_prefix="/staff/write-offs/reconcile")


class ReconcileQuery(PageQuery):
    """Which differences."""

    difference: Difference | None = None


class FileQuery(ReconcileQuery):
    """Parameters of the files."""

    format: ExportFormat = "csv"


@dataclass(frozen=True)
class Block:
    """What is to be reconciled in one currency."""

    currency: str
    sums: list[DifferenceSum]
    rows: list[ToReconcile]
    total: int

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Format and address of the rows as files."""
        endpoint = "write_off_reconciliation.export"
        return [(name, link(endpoint, currency=self.currency, format=name, page=None)) for name in FORMATS]


@blueprint.get("")
@requires("financial-reports:read")
def index() -> ResponseReturnValue:
    """Show what differs, oldest first, and what to do about it."""
    filters, here = read(ReconcileQuery), reach()
    query, blocks = filters.query, []
    try:
        currencies = currencies_shown(query, here.currencies)
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        currencies = ()
    if not filters.errors:
        for currency in currencies:
            sums = reconciliation_sums(here.marts, currency)
            total = sum(one.count for one in sums if query.difference in (None, one.difference))
            rows = reconciliation_page(here.marts, currency, query.difference, query.page, query.limit)
            blocks.append(Block(currency, sums, rows, total))
    page = render_template(
        "write_offs/reconcile.html", query=query, errors=filters.errors, blocks=blocks, differences=DIFFERENCES,
        definitions=definitions(here.marts, ("written_off",)), **frame(here),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/export")
@requires("financial-reports:read", "exports:create", fresh=True)
def export() -> Response:
    """Return what is to be reconciled as a file, for the billing company."""
    filters, here = read(FileQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    currency, difference = currency_of(filters.query, here.currencies), filters.query.difference
    words = described(filters.query, here)
    return download(reconciliation_document(here.marts, currency, difference, stamp(here), words), filters.query.format)
