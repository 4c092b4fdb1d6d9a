"""A figure explained: what it is, where it comes from, and the rows that add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue
from flask_security import current_user

from portal.analytics.money import Money, hundredths
from portal.api.v1.asked import Reach, reach, stamp
from portal.api.v1.described import described
from portal.api.v1.download import download
from portal.api.v1.figure_parameters import (
    FigureFileQuery,
    FigureFilters,
    FigureQuery,
    figure_asked,
    figure_named,
    figure_words,
)
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import FORMATS, frame, link, read
from portal.exports.document import Document
from portal.exports.figure_documents import figure_document, said
from portal.queries.definitions import definitions
from portal.queries.figures.kinds import Figure, FigureFilter, Ratio
from portal.queries.figures.rows import figure_page, figure_stream, figure_sum
from portal.queries.lineage import lineage
from portal.security import requires

blueprint = Blueprint("figures", __name__, url_prefix="/figures")


@dataclass(frozen=True)
class Part:
    """A figure that the shown one is made of."""

    role: str
    label: str
    said: str | Money
    address: str


@blueprint.get("/<figure>")
@requires("reports:read")
def show(figure: str) -> ResponseReturnValue:
    """Show the figure, its definition, the build behind it, and a page of its rows to those who may see patients."""
    shown, filters, here = figure_named(figure), read(FigureQuery), reach()
    query, found = filters.query, dict[str, Any]()
    if not filters.errors:
        try:
            asked = figure_asked(shown, query, here)
            found = _ratio(shown, asked, query, here) if isinstance(shown, Ratio) else _sum(shown, asked, query, here)
        except InvalidParametersError as error:
            filters.errors.update(error.fields)
    page = render_template(
        "figures/show.html", figure=shown, query=query, errors=filters.errors, **frame(here), **found,
        definitions=definitions(here.marts, shown.definitions), lineage=lineage(here.marts, shown.models),
        exports=[(name, link("figures.export", format=name, page=None, limit=None)) for name in FORMATS],
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/<figure>/export")
@requires("reports:read", "patients:read", "exports:create", fresh=True)
def export(figure: str) -> Response:
    """Return the rows behind the figure as a file."""
    asked_for, filters, here = figure_named(figure), read(FigureFileQuery), reach()
    if isinstance(asked_for, Ratio):
        abort(404, "A rate has no rows of its own: its two parts have.")
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    asked = figure_asked(asked_for, filters.query, here)
    return download(_document(asked_for, asked, filters.query, here), filters.query.format)


def _sum(figure: Figure, asked: FigureFilter, query: FigureQuery, here: Reach) -> dict[str, Any]:
    found = figure_sum(here.marts, figure, asked, here.business_date)
    rows = (
        figure_page(here.marts, figure, asked, here.business_date, query.page, query.limit)
        if "patients:read" in current_user.permissions
        else []
    )
    words = _words(figure, asked, query, here)
    document = figure_document(here.marts, figure, asked, found, rows, stamp=stamp(here), filters=words)
    return {"document": document, "words": words, "value": said(figure, found, asked.currency), "count": found.count}


def _ratio(figure: Ratio, asked: FigureFilter, query: FigureQuery, here: Reach) -> dict[str, Any]:
    sums = [figure_sum(here.marts, part, asked, here.business_date) for part in (figure.numerator, figure.denominator)]
    value = figure.value(sums[0].amount, sums[1].amount, asked)
    roles = ("Numerator", "Denominator")
    parts = [
        Part(role, part.label, said(part, found, asked.currency), link("figures.show", figure=part.name, page=None))
        for role, part, found in zip(roles, (figure.numerator, figure.denominator), sums, strict=True)
    ]
    return {"parts": parts, "words": _words(figure, asked, query, here), "value": _value(figure, value, asked.currency)}


def _value(figure: Ratio, value: Decimal | None, currency: str) -> str | Money:
    if value is None:
        return "\u2013"
    if figure.unit == "money":
        return Money(value, currency)
    return f"{hundredths(value)}{' %' if figure.unit == 'percent' else ''}"


def _document(figure: Figure, asked: FigureFilter, query: FigureFilters, here: Reach) -> Document:
    found = figure_sum(here.marts, figure, asked, here.business_date)
    rows = figure_stream(here.marts, figure, asked, here.business_date)
    return figure_document(
        here.marts, figure, asked, found, rows, stamp=stamp(here), filters=_words(figure, asked, query, here)
    )


def _words(figure: Figure | Ratio, asked: FigureFilter, query: FigureFilters, here: Reach) -> list[tuple[str, str]]:
    return described(query, here, figure_words(figure, asked, here))
