"""Parameters of the reports: the same names and checks for the API, the pages and the exports."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from portal.analytics.periods import Granularity
from portal.api.v1.fields import FieldsQuery
from portal.api.v1.schema import PageQuery, Query
from portal.queries.breakdowns import Split
from portal.queries.outstanding import SORTS, PayerClass, Status
from portal.queries.revenue import Basis
from portal.services.write_off_rules import Category

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
MOST_PERIODS = 4_000
PaymentStatus = Literal["paid", "pending", "failed", "refunded"]
ExportFormat = Literal["csv", "xlsx", "pdf"]
REPORT_TYPES = (
    "revenue", "patient-history", "outstanding", "ar-aging", "revenue-department", "revenue-doctor", "revenue-payer",
    "collection-rate", "tax-summary", "write-offs", "cash-receipts", "roll-forward", "credits", "kpis",
)  # fmt: skip
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,3})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    try:
        day = date.fromisoformat(value) if _ISO_DAY.fullmatch(str(value)) else None
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise PydanticCustomError("day", "must be a day written as YYYY-MM-DD, between 1900-01-01 and 2200-12-31")
    return day


def _amount(value: Any) -> Any:
    if isinstance(value, Decimal) or _AMOUNT.fullmatch(str(value)):
        return Decimal(value)
    raise PydanticCustomError("amount", "must be an amount such as 120.50, not negative, with at most three decimals")


def _text(value: Any) -> Any:
    if isinstance(value, str) and (len(value) > 200 or _CONTROL.search(value)):
        raise PydanticCustomError("text", "must be at most 200 characters, all of them printable")
    return value.strip() if isinstance(value, str) else value


def checked_order(sort: str, sorts: Collection[str]) -> str:
    """Return what a list is sorted by, as it was asked for: one of ``sorts``, with a leading ``-`` the other way round."""
    if sort.removeprefix("-") not in sorts:
        raise PydanticCustomError("sort", f"must be one of {', '.join(sorts)}, with a leading - for descending")
    return sort


Day = Annotated[date, BeforeValidator(_day)]
Amount = Annotated[
    Decimal, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,3})?$"})
]
Text = Annotated[
    str,
    BeforeValidator(_text),
    WithJsonSchema({"type": "string", "maxLength": 200, "pattern": r"^[^\x00-\x1f\x7f]*$"}),
]
Days = Annotated[int, Field(ge=0, le=100_000)]


class RangeQuery(Query):
    """First and last day, both included."""

    start_date: Day | None = Field(default=None, description="First day; default: the first of the current month.")
    end_date: Day | None = Field(default=None, description="Last day; default: the business date.")

    @field_validator("end_date")
    @classmethod
    def _in_order(cls, end: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start_date")
        if start and end and start > end:
            raise PydanticCustomError("range", "is before the first day: swap the two")
        return end


class RevenueQuery(RangeQuery):
    """Filters of revenue."""

    granularity: Literal["day", "week", "month"] = Field(
        default="day", description="Steps of the series; weeks are ISO weeks."
    )
    basis: Literal["collected", "billed"] = Field(
        default="collected", description="`collected`: payments by payment date; `billed`: invoices by invoice date."
    )
    department_id: Text | None = Field(default=None, description="A department's id, or `unattributed`.")
    provider_id: Text | None = Field(default=None, description="A doctor's id, or `unattributed`.")
    payer_id: Text | None = Field(default=None, description="A payer's id, or `unattributed`.")
    compare: Literal["previous", "year"] | None = Field(
        default=None, description="Like for like with the former period or year."
    )


class PeriodQuery(RangeQuery):
    """First and last day of a financial report: there is no usual period, so both are required."""

    start_date: Day = Field(description="First day.")
    end_date: Day = Field(description="Last day; it may be still to come.")


class BreakdownQuery(PeriodQuery):
    """Whose revenue is broken down."""

    basis: Basis = Field(
        default="billed", description="`billed`: invoices by invoice date; `collected`: payments by payment date."
    )


class DoctorsQuery(BreakdownQuery):
    """Parameters of revenue by doctor."""

    limit: int = Field(default=20, ge=1, le=500, description="How many doctors, those with the most revenue first.")


class PayersQuery(BreakdownQuery):
    """Parameters of revenue by payer."""

    split: Split = Field(
        default="payer",
        description="`payer`: inside each invoice, by who paid or owes; `invoice`: whole invoices by the payer they name.",
    )


class CollectionRateQuery(PeriodQuery):
    """Parameters of the collection rate."""

    group_by: Granularity = Field(default="month", description="Steps of the trend; weeks are ISO weeks.")


class ListQuery(PageQuery, PeriodQuery):
    """Days of a report that lists rows, and which page of them."""


class SearchQuery(Query):
    """What to find patients by."""

    q: Text = Field(min_length=1, description="Patient id, invoice number, name, birth date (YYYY-MM-DD) or phone.")


class SearchBody(BaseModel):
    """What to find patients by, where no address says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Text = Field(min_length=1, description="Patient id, invoice number, name, birth date (YYYY-MM-DD) or phone.")


class HistoryQuery(PageQuery, RangeQuery):
    """Filters of a payment history; without dates, all of it."""

    status: PaymentStatus | None = Field(default=None, description="Only payments with this status.")
    start_date: Day | None = Field(default=None, description="First day; default: the first payment's.")
    end_date: Day | None = Field(default=None, description="Last day; default: the last payment's.")


class OutstandingFilters(Query):
    """Filters of open invoices."""

    as_of_date: Day | None = Field(default=None, description="Any day up to the business date, which is the default.")
    min_amount: Amount | None = Field(default=None, description="Least amount that is due.")
    max_amount: Amount | None = Field(default=None, description="Most amount that is due.")
    min_days: Days | None = Field(default=None, description="Least days overdue.")
    max_days: Days | None = Field(default=None, description="Most days overdue.")
    status: Status | None = Field(default=None, description="Only what has this status.")
    payer_class: PayerClass | None = Field(default=None, description="Who owes it.")
    patient_id: Text | None = Field(default=None, description="Only this patient's.")
    bucket: Literal["not_due", "1-30", "31-60", "61-90", "91+"] | None = Field(
        default=None, description="Only of this age in days overdue."
    )
    known_at: Day | None = Field(
        default=None, description="As it was known at the end of this day; default: as known now."
    )
    contact: Literal["due", "planned"] | None = Field(
        default=None, description="`due`: a next contact is due by the as-of date; `planned`: there is one at all."
    )
    promise: Literal["open", "kept", "broken"] | None = Field(
        default=None, description="What became of the newest promise to pay."
    )
    sort: str = Field(
        default="-daysOverdue",
        description="A leading `-` turns it round.",
        json_schema_extra={"enum": [*SORTS, *(f"-{name}" for name in SORTS)]},
    )

    @field_validator("max_amount", "max_days")
    @classmethod
    def _not_below(cls, most: Any, info: ValidationInfo) -> Any:
        least = info.data.get(str(info.field_name).replace("max", "min"))
        if most is not None and least is not None and most < least:
            raise PydanticCustomError("range", "is below the least that is asked for: swap the two")
        return most

    @field_validator("sort")
    @classmethod
    def _sortable(cls, sort: str) -> str:
        return checked_order(sort, SORTS)


class OutstandingQuery(OutstandingFilters, PageQuery):
    """Filters of open invoices, and which page of them."""


class AgingFilters(Query):
    """Which day, as known when, and how payments meet invoices."""

    as_of_date: Day | None = Field(default=None, description="Any day up to the business date, which is the default.")
    known_at: Day | None = Field(
        default=None, description="As it was known at the end of this day; default: as known now."
    )
    allocation: Literal["linked", "oldest"] = Field(
        default="linked",
        description="`linked`: to the invoice it was paid for; `oldest`: to the patient's oldest debt.",
    )


class AgingQuery(AgingFilters, PageQuery):
    """Parameters of the aging report."""


class ExportQuery(FieldsQuery, RevenueQuery, PeriodQuery, OutstandingFilters, AgingFilters):
    """Parameters of an export: the report, its days, the format, and the report's own filters."""

    report_type: str = Field(description="The report.", json_schema_extra={"enum": list(REPORT_TYPES)})
    start_date: Day = Field(description="First day. Reports as of a day ignore it.")
    end_date: Day = Field(
        description="Last day; of reports as of a day, that day or the business date if it is later; asOfDate wins."
    )
    format: ExportFormat = Field(default="csv", description="Of the file.")
    basis: Basis = Field(default="collected", description="Default `collected`; of revenue by whom it is, `billed`.")
    limit: int | None = Field(default=None, ge=1, le=500, description="Most doctors; default: all of them.")
    split: Split = Field(default="payer", description="Of revenue by payer.")
    group_by: Granularity = Field(default="month", description="Steps of the collection rate.")
    status: str | None = Field(  # type: ignore[assignment]  # whichever list the report's own statuses are in
        default=None, description="Of payments, open invoices or write-offs, whatever the report lists."
    )

    category: Category | None = Field(default=None, description="Of write-offs.")

    @field_validator("report_type")
    @classmethod
    def _known(cls, report_type: str) -> str:
        if report_type not in REPORT_TYPES:
            raise PydanticCustomError("report", f"must be one of {', '.join(REPORT_TYPES)}")
        return report_type
