"""Filters of figures and of the rows behind them; each figure takes some of them and refuses the others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import abort
from flask_security import current_user
from pydantic import Field

from portal.analytics.periods import DateRange
from portal.api.v1.asked import Reach, currency_of, past_day, range_asked
from portal.api.v1.parameters import AgingFilters, Day, ExportFormat, RangeQuery, Text
from portal.api.v1.schema import InvalidParametersError, PageQuery
from portal.queries import scope
from portal.queries.figures.kinds import Figure, FigureFilter, Ratio
from portal.queries.figures.registry import FIGURES

_USUAL = {"hospital_id", "currency", "page", "limit", "format"}
_SETTLED = {"start_date", "end_date", "as_of_date", "known_at", "allocation"}


class FigureFilters(AgingFilters, RangeQuery):
    """What the rows behind a figure may be limited to."""

    as_of_date: Day | None = Field(default=None, description="Of balances: any day up to the business date.")
    billed_month: Day | None = Field(
        default=None, description="Of the lag triangle: first day of the month of the invoices."
    )
    bucket: Text | None = Field(default=None, description="An age in days, as the figure names it.")
    close_id: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Of closed months: the close's number.")
    category: Text | None = Field(default=None, description="Of write-offs.")
    closed_figure: Text | None = Field(default=None, description="Of closed months: the figure that was issued.")
    department_id: Text | None = Field(default=None, description="A department's id, or `unattributed`.")
    kind: Text | None = Field(default=None, description="Of credits: why it is one.")
    method: Text | None = Field(default=None, description="Of payments; `unknown` where the source says nothing.")
    months_since: int | None = Field(default=None, ge=0, le=1200, description="Of the lag triangle: months after it.")
    payer_id: Text | None = Field(default=None, description="A payer's id, or `unattributed`.")
    provider_id: Text | None = Field(default=None, description="A doctor's id, or `unattributed`.")
    rate: Text | None = Field(
        default=None, pattern=r"^(other|\d{1,6}(\.\d{1,3})?)$", description="Of tax: percent, or `other`."
    )
    status: Text | None = Field(default=None, description="Of write-offs.")
    window_days: int | None = Field(
        default=None, ge=1, le=366, description="Of days in A/R: days that are looked back."
    )


class FigureQuery(FigureFilters, PageQuery):
    """Filters of a figure, and which page of its rows."""


class FigureFileQuery(FigureFilters):
    """Filters of a figure, and the format of its file."""

    format: ExportFormat = "csv"


def figure_named(name: str) -> Figure | Ratio:
    """Return the figure; 404 if there is none of this name, 403 if the signed-in user may not see it."""
    figure = FIGURES.get(name)
    if figure is None:
        abort(404, "There is no such figure.")
    if figure.permission not in current_user.permissions:
        abort(403)
    return figure


def figure_asked(figure: Figure | Ratio, query: FigureFilters, here: Reach) -> FigureFilter:
    """Return what the figure is asked about.

    Raises:
        InvalidParametersError: for a filter that the figure does not have, a day that is still to come, an unknown id, or
            where one of several currencies has to be named.
    """
    given = {name for name in query.model_fields_set - _USUAL if getattr(query, name) is not None}
    foreign = given - set(figure.takes)
    missing = set(figure.requires) - given
    if missing:
        names = [FigureFilters.model_fields[name].alias or name for name in sorted(missing)]
        raise InvalidParametersError(dict.fromkeys(names, "is required"))
    if foreign:
        names = [FigureFilters.model_fields[name].alias or name for name in sorted(foreign)]
        raise InvalidParametersError(dict.fromkeys(names, "is no filter of this figure"))
    _known_ids(query, here)
    return FigureFilter(
        currency=currency_of(query, here.currencies),
        days=range_asked(query, here),
        as_of=past_day(query.as_of_date, "asOfDate", here),
        known_at=past_day(query.known_at, "knownAt", here),
        allocation=query.allocation,
        conditions={name: getattr(query, name) for name in sorted(given - _SETTLED)},
    )


def figure_words(figure: Figure | Ratio, asked: FigureFilter, here: Reach) -> list[tuple[str, Any]]:
    """Return label and value of the days that a figure is of, settled where they were not said."""
    words: list[tuple[str, date | DateRange | Decimal]] = []
    if "start_date" in figure.takes:
        words += [("From", asked.days.start), ("To", asked.days.end)]
    if "as_of_date" in figure.takes:
        words.append(("As of", asked.as_of or here.business_date))
    return words


def _known_ids(query: FigureFilters, here: Reach) -> None:
    given = {"department": query.department_id, "provider": query.provider_id, "payer": query.payer_id}
    unknown = {
        f"{name}Id": f"names no {name} here"
        for name, named in given.items()
        if named and not scope.exists(here.marts, name, named)  # type: ignore[arg-type]
    }
    if unknown:
        raise InvalidParametersError(unknown)
