"""Pages of reports on tabs: each section has its cards, chart, table and files, made once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from flask import Blueprint, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue
from pydantic import Field

from portal.analytics.charts import Spec, Theme
from portal.analytics.periods import Comparison, DateRange, Granularity, compared
from portal.analytics.presets import presets
from portal.api.v1.asked import Reach, currencies_shown, currency_of, days_asked, range_asked, reach, stamp
from portal.api.v1.described import described
from portal.api.v1.download import download, picture
from portal.api.v1.parameters import ExportFormat, PeriodQuery, RangeQuery, Text
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import FORMATS, Filters, frame, link, read
from portal.exports.document import Document, Stamp
from portal.exports.drawing import to_svg
from portal.queries.figures.behind import Behind
from portal.security import requires

Picture = Callable[[Theme], Spec]


class ReportQuery(RangeQuery):
    """Which days, in which steps, compared with what, and which tab."""

    tab: Text = ""
    granularity: Literal["day", "week", "month"] = "month"
    compare: Literal["previous", "year"] | None = None


class PartQuery(ReportQuery):
    """Which section of the tab; its chart is drawn for a theme, its file is of a format."""

    part: Text = Field(default="", description="The first one, if it is not said.")
    theme: Theme = "light"
    format: ExportFormat = "csv"


@dataclass(frozen=True)
class Desk:
    """What the sections of one currency are made from."""

    here: Reach
    days: DateRange
    currency: str
    granularity: Granularity
    compare: Comparison | None
    words: list[tuple[str, str]]
    stamp: Stamp

    @property
    def former(self) -> DateRange | None:
        """The days that these are compared with."""
        if self.compare is None:
            return None
        return compared(self.days, self.compare, self.granularity, self.here.business_date)


@dataclass(frozen=True)
class Section:
    """One report of a tab.

    Attributes:
        name: tells it apart from others of its tab, in addresses.
        empty: why it has nothing to show, where that needs saying.
        picture: draws its chart.
        listing: whether its rows are what figures lead to, with nothing behind them.
        most: rows that the page shows of it; None: all of them.
        more: label and target of a link to the rows that the page leaves out.
    """

    name: str
    document: Document
    empty: str = ""
    picture: Picture | None = None
    listing: bool = False
    most: int | None = None
    more: tuple[str, Behind] | None = None

    def exports(self, page: str, tab: str) -> list[tuple[str, str]]:
        """Return format and address of the section as files."""
        of = {"part": self.name, "tab": tab, "currency": self.document.currency}
        return [(name, link(f"{page}.export", format=name, **of)) for name in FORMATS]

    @property
    def with_chart(self) -> Document:
        """The document with its chart, if it has one, as files have it."""
        return replace(self.document, chart=self.picture("light") if self.picture else None)

    def drawn(self, page: str, tab: str, kind: str, theme: Theme | None = None) -> str:
        """Return the address of the chart: ``svg``, ``png`` or ``json``."""
        of = {"part": self.name, "tab": tab, "currency": self.document.currency, "theme": theme}
        return link(f"{page}.chart_{kind}", **of)


@dataclass(frozen=True)
class Tab:
    """A tab of a page; ``steps`` says whether it has a series over time, which can be compared."""

    label: str
    sections: Callable[[Desk], list[Section]]
    steps: bool = True
    granularity: bool = True


@dataclass(frozen=True)
class ReportPage:
    """A page: its name (of the blueprint and in addresses), its words, its tabs."""

    name: str
    title: str
    summary: str
    tabs: Mapping[str, Tab]

    def tab(self, query: ReportQuery) -> str:
        """Return the tab that is asked for, else the first."""
        return query.tab if query.tab in self.tabs else next(iter(self.tabs))


def blueprint_of(page: ReportPage) -> Blueprint:
    """Return the routes of a page: itself, its charts, its files."""
    blueprint = Blueprint(page.name, __name__, url_prefix=f"/{page.name}")

    @blueprint.get("")
    @requires("financial-reports:read")
    def index() -> ResponseReturnValue:
        """Show one tab of the reports of some days."""
        filters, here = read(ReportQuery), reach()
        tab = page.tab(filters.query)
        blocks = _blocks(page, filters, here)
        days = range_asked(filters.query, here)
        documents = [section.document for _, sections in blocks for section in sections]
        return render_template(
            "reports/tabs.html", page=page, query=filters.query, errors=filters.errors, blocks=blocks, tab=tab, **frame(here),
            start=days.start, end=days.end, presets=presets(here.business_date),
            definitions=list(dict.fromkeys(item for document in documents for item in document.definitions)),
        ), filters.status  # fmt: skip

    @blueprint.get("/chart.svg")
    @requires("financial-reports:read")
    def chart_svg() -> Response:
        """Draw a chart, for pages without scripts."""
        return Response(to_svg(_picture(page)), mimetype="image/svg+xml")

    @blueprint.get("/chart.json")
    @requires("financial-reports:read")
    def chart_json() -> Response:
        """Return a chart's specification, for pages with scripts."""
        return jsonify(_picture(page))

    @blueprint.get("/chart.png")
    @requires("financial-reports:read", "exports:create", fresh=True)
    def chart_png() -> Response:
        """Return a chart as a picture to keep."""
        return picture(_charted(page)[0].with_chart)

    @blueprint.get("/export")
    @requires("financial-reports:read", "exports:create", fresh=True)
    def export() -> Response:
        """Return a section as a file: exactly what is shown."""
        sections, query = _sections(page)
        return download(sections[0].with_chart, query.format)

    return blueprint


def _blocks(page: ReportPage, filters: Filters[ReportQuery], here: Reach) -> list[tuple[Desk, list[Section]]]:
    if filters.errors:
        return []
    try:
        shown = currencies_shown(filters.query, here.currencies)
        desks = [_desk(filters.query, currency, here) for currency in shown]
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    return [(desk, page.tabs[page.tab(filters.query)].sections(desk)) for desk in desks]


def _desk(query: ReportQuery, currency: str, here: Reach) -> Desk:
    days = range_asked(query, here)
    days_asked(PeriodQuery(startDate=days.start, endDate=days.end), query.granularity, "granularity")  # type: ignore[call-arg]
    words = described(query, here, [("From", days.start), ("To", days.end)])
    return Desk(here, days, currency, query.granularity, query.compare, words, stamp(here))


def _sections(page: ReportPage) -> tuple[list[Section], PartQuery]:
    """Return the section that is asked for, or all of the tab."""
    filters, here = read(PartQuery), reach()
    query = filters.query
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    found = page.tabs[page.tab(query)].sections(_desk(query, currency_of(query, here.currencies), here))
    named = [section for section in found if query.part in (section.name, "")]
    if not named:
        raise InvalidParametersError({"part": f"must be one of {', '.join(section.name for section in found)}"})
    return named, query


def _picture(page: ReportPage) -> dict[str, Any]:
    _, draw, theme = _charted(page)
    return draw(theme)


def _charted(page: ReportPage) -> tuple[Section, Picture, Theme]:
    """Return the section whose chart is asked for, else the first that has one, with what draws it."""
    sections, query = _sections(page)
    charted = [(section, section.picture) for section in sections if section.picture]
    if not charted:
        abort(404, "Nothing here has a chart.")
    return *charted[0], query.theme
