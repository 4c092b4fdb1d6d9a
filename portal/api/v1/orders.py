"""Everything that can be a file, under one name each, and what somebody orders of it: format, filters, fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from portal.api.v1.asked import Reach
from portal.api.v1.export import report_document
from portal.api.v1.exports import ENTITIES
from portal.api.v1.fields import narrowed
from portal.api.v1.parameters import REPORT_TYPES, ExportQuery
from portal.api.v1.problems import worded
from portal.api.v1.schema import InvalidParametersError, Query
from portal.exports.document import MEDIA_TYPES, Document, Format

_LABELS = {
    "revenue": "Revenue", "patient-history": "Payment histories", "outstanding": "Outstanding invoices",
    "ar-aging": "Accounts receivable aging", "revenue-department": "Revenue by department",
    "revenue-doctor": "Revenue by doctor", "revenue-payer": "Revenue by payer", "collection-rate": "Collection rate",
    "tax-summary": "Tax by rate", "write-offs": "Write-offs", "cash-receipts": "Cash receipts",
    "roll-forward": "Roll-forward", "credits": "Open credits", "kpis": "Key figures",
    "compensation": "Compensation by month", "cases": "Cases", "transactions": "Payments one by one",
    "forecast": "Forecast", "audit": "Billing audit", "tax-prep": "Tax preparation",
    "monthly-summary": "Monthly summary", "workbook": "Compensation workbook",
}  # fmt: skip
_MANAGED = frozenset({"reportType", "format", "fields", "page", "limit"})


@dataclass(frozen=True)
class Thing:
    """What can be a file.

    Attributes:
        permission: wanted beside ``exports:create``.
        query: its parameters.
    """

    name: str
    permission: str
    query: type[Query]
    document: Callable[[Any, Reach], Document]

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self.name]

    @property
    def permissions(self) -> frozenset[str]:
        """All that who orders it has to have."""
        return frozenset({"exports:create", self.permission})

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of its filters."""
        names = (info.alias or name for name, info in self.query.model_fields.items())
        return tuple(name for name in names if name not in _MANAGED)

    @property
    def has_days(self) -> bool:
        """Whether it is of days that can be chosen."""
        return "startDate" in self.filters

    @property
    def needs_days(self) -> bool:
        """Whether there is no usual period."""
        return self.query is ExportQuery

    @property
    def has_month(self) -> bool:
        """Whether it is of one month."""
        return "month" in self.filters


@dataclass(frozen=True)
class Order:
    """What somebody wants as a file. ``filters`` are parameters of the API, each with all its values."""

    entity_type: str
    format: Format
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fields: Sequence[str] = ()

    @property
    def thing(self) -> Thing:
        """What it is of.

        Raises:
            InvalidParametersError: if there is no such thing.
        """
        if self.entity_type not in THINGS:
            raise InvalidParametersError({"entity": f"must be one of {', '.join(THINGS)}"})
        return THINGS[self.entity_type]

    def document(self, here: Reach) -> Document:
        """Return the content of the file, for who is asking; its rows are read when they are written.

        Raises:
            InvalidParametersError: for filters or fields that it does not have; the message says which it has.
        """
        thing = self.thing
        if self.format not in MEDIA_TYPES:
            raise InvalidParametersError({"format": f"must be one of {', '.join(MEDIA_TYPES)}"})
        return narrowed(thing.document(_query(thing, self.filters), here), self.fields)


@dataclass(frozen=True)
class Template:
    """An order with a name; ``number`` is None for those that Daybook brings.

    Attributes:
        hospital_id: everybody of it may use it; None: for its owner alone, or one that Daybook brings.
    """

    name: str
    order: Order
    about: str = ""
    number: int | None = None
    is_own: bool = False
    hospital_id: str | None = None


def allowed(permissions: Iterable[str]) -> list[Thing]:
    """Return what somebody with ``permissions`` may order, by label."""
    own = frozenset(permissions)
    return sorted((thing for thing in THINGS.values() if thing.permissions <= own), key=lambda thing: thing.label)


def _query(thing: Thing, filters: Mapping[str, Sequence[str]]) -> Query:
    given: dict[str, Any] = {name: values[0] for name, values in filters.items() if values and name not in _MANAGED}
    if "hospitalId" in given:
        given["hospitalId"] = list(filters["hospitalId"])
    if thing.query is ExportQuery:
        given["reportType"] = thing.name
    try:
        return thing.query.model_validate(given)
    except ValidationError as error:
        unknown = f"is no filter of {thing.name}"
        raise InvalidParametersError({str(one["loc"][0]): worded(one, unknown) for one in error.errors()}) from None


def _things() -> dict[str, Thing]:
    reports = [Thing(name, "financial-reports:read", ExportQuery, report_document) for name in REPORT_TYPES]
    entities = [Thing(one.name, one.permission, one.query, one.document) for one in ENTITIES]
    # The entity's write-offs need no days; the report's do.
    return {thing.name: thing for thing in (*reports, *entities)}


THINGS = _things()
TEMPLATES = (
    Template("tax_prep", Order("tax-prep", "xlsx"), "What statements say for the taxes: by month, and of each year"),
    Template("billing_audit", Order("audit", "pdf"), "Expected cases, billed cases, discrepancies"),
    Template("monthly_summary", Order("monthly-summary", "pdf"), "A month on a page: pay, procedures, twelve months"),
    Template("workbook", Order("workbook", "xlsx"), "Summary, Monthly breakdown, Transactions, Charts"),
)  # fmt: skip
"""What Daybook brings; the names are those of the request."""
