"""Parameters of comparisons, workload, compensation, and of the files of entities."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from portal.analytics.practice import Measure
from portal.api.v1.parameters import FIRST_DAY, LAST_DAY, Day, PaymentStatus, RangeQuery, Text, checked_order
from portal.api.v1.schema import PageQuery
from portal.queries.cases import SORTS
from portal.queries.comparisons import Grain
from portal.queries.revenue import Basis

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def _month(value: Any) -> Any:
    found = _MONTH.fullmatch(str(value))
    if found is None or not FIRST_DAY.year <= int(found[1]) <= LAST_DAY.year:
        raise PydanticCustomError("month", "must be a month written as YYYY-MM, between 1900-01 and 2200-12")
    return date(int(found[1]), int(found[2]), 1)


Month = Annotated[
    date, BeforeValidator(_month), WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"})
]


class ComparisonsQuery(RangeQuery):
    """Which periods are compared."""

    basis: Basis = Field(
        default="collected", description="`collected`: payments by payment date; `billed`: invoices by invoice date."
    )
    granularity: Grain = Field(
        default="month",
        description="Month to month, quarter to quarter, year to year; fiscal ones begin with the hospital's fiscal year.",
    )


class PracticeQuery(RangeQuery):
    """Days, and whose work."""

    provider_id: Text | None = Field(
        default=None, description="One provider among the caller's; default: all of them. Another one's is 404."
    )


class InsightsQuery(PracticeQuery):
    """Whose practice, which figure, what is compared with what."""

    start_date: Day | None = Field(
        default=None, description="First day of what is compared and shown by month; default: twelve months."
    )
    measure: Measure = Field(
        default="compensation",
        description="`compensation`: calculated pay by case date; `paid` and `billed`: of the cases; `cases`: their number.",
    )
    granularity: Literal["month", "quarter", "year"] = Field(default="month", description="Which periods are compared.")
    month: Month | None = Field(
        default=None, description="One of two months side by side, as YYYY-MM; default: the current one."
    )
    against: Month | None = Field(
        default=None, description="The other one; default: the same month of the year before."
    )


class CasesQuery(PracticeQuery):
    """Days, whose work, and of it one ticket or one procedure."""

    ticket_number: Text | None = Field(default=None, description="Only cases of this ticket, as the source writes it.")
    cpt_code: Text | None = Field(default=None, description="Only cases with a charge of this procedure.")


class CasesPageQuery(PageQuery, CasesQuery):
    """Which cases, which page of them, and in which order."""

    sort: str = Field(default="caseDate", description="A leading `-` turns it round.")

    @field_validator("sort")
    @classmethod
    def _sortable(cls, sort: str) -> str:
        return checked_order(sort, SORTS)


class CompensationQuery(PageQuery, PracticeQuery):
    """Months, whose pay, and which page of the cases."""


class TransactionsQuery(RangeQuery):
    """Filters of payments."""

    status: PaymentStatus | None = Field(default=None, description="Only payments with this status.")
    method: Text | None = Field(default=None, description="As the source names it.")
    payer_id: Text | None = Field(default=None, description="A payer's id.")
    patient_id: Text | None = Field(default=None, description="Only this patient's.")
