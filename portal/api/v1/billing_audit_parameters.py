"""Parameters and bodies of the billing audit."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError
from spectree.model_adapter.pydantic_adapter import BaseFile

from portal.analytics.case_log_layout import DateOrder
from portal.analytics.periods import DateRange
from portal.api.v1.parameters import Day, RangeQuery, Text
from portal.api.v1.schema import PageQuery, Query
from portal.api.v1.write_off_parameters import Body
from portal.services.case_files import MOST_ROWS

Show = Literal["missing", "unexpected", "discrepancies", "unpaid", "denied", "ambiguous", "matched", "logged", "billed"]
AuditSort = Literal[
    "date", "-date", "provider", "-provider", "ticket", "-ticket", "expected", "-expected", "billed", "-billed", "paid", "-paid",
    "score", "-score", "payer", "-payer", "deadline", "-deadline", "dispute", "-dispute",
    "fate", "-fate",
]  # fmt: skip
PROVIDER = "One provider among the caller's; default: all of them. Another one's is 404."


class AuditQuery(RangeQuery):
    """Days of the cases, and whose; without days, all that the logs cover."""

    start_date: Day | None = Field(default=None, description="First day; default: the first that a log covers.")
    end_date: Day | None = Field(default=None, description="Last day; default: the last that a log covers.")
    provider_id: Text | None = Field(default=None, description=PROVIDER)


class AuditPageQuery(PageQuery, AuditQuery):
    """What the page shows a list of, and which part of it."""

    show: Show = "missing"
    sort: AuditSort | None = None


class RunsQuery(PageQuery, Query):
    """Whose uploads, and which page of them."""

    provider_id: Text | None = Field(default=None, description=PROVIDER)


def _cell(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise PydanticCustomError("cell", "must be a text, a number, or a list of texts")
    return str(value)


_CELL = [{"type": "string", "maxLength": 2_000}, {"type": "number"}, {"type": "array", "items": {"type": "string"}}]
Cell = Annotated[str, BeforeValidator(_cell), Field(max_length=2_000), WithJsonSchema({"anyOf": _CELL})]


class CaseRow(Body):
    """A case as it was logged. What cannot be used is named in the answer, and the other rows are kept."""

    case_date: Cell = Field(default="", description="YYYY-MM-DD.")
    patient_ticket: Cell = Field(default="", description="Number of the ticket; needed, or a code.")
    cpt_codes: Cell = Field(default="", description="Codes, with commas between them, or a list.")
    minutes: Cell = Field(default="", description="95 or 1:35.")
    notes: Cell = Field(default="", description="Shown to those who may see the log; in no file.")


class CoveredDays(Body):
    """Of which days a log has every case; without both, from its first case to its last."""

    covered_from: Day | None = Field(default=None, description="First day of which the log has every case.")
    covered_to: Day | None = Field(default=None, description="Last day of which the log has every case.")

    @field_validator("covered_to")
    @classmethod
    def _in_order(cls, end: dt.date | None, info: ValidationInfo) -> dt.date | None:
        start = info.data.get("covered_from")
        if start and end and start > end:
            raise PydanticCustomError("range", "is before the first day: swap the two")
        return end

    @property
    def days(self) -> DateRange | None:
        """The days, if both were said."""
        return DateRange(self.covered_from, self.covered_to) if self.covered_from and self.covered_to else None


class CaseLogBody(CoveredDays):
    """A case log."""

    provider_id: Text | None = Field(default=None, description="Whose; needed where the caller is linked to several.")
    rows: list[CaseRow] = Field(min_length=1, max_length=MOST_ROWS, description="The cases.")


class ColumnsBody(CoveredDays):
    """What a person says of a file: its columns, and of which days it has every case."""

    date: str | None = None
    ticket: str | None = None
    codes: str | None = None
    minutes: str | None = None
    notes: str | None = None
    date_order: DateOrder = "ymd"


class CaseLogForm(CoveredDays):
    """A case log as a file. Which column is what is taken from the headings, or from the last files, unless it is said."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: BaseFile = Field(description="CSV or XLSX, up to 1 MB.")
    provider_id: Text | None = Field(default=None, description="Whose; needed where the caller is linked to several.")
    date: Text | None = Field(
        default=None, description="Heading of the column with the date; any column named: only those are read."
    )
    ticket: Text | None = Field(default=None, description="Heading of the column with the ticket.")
    codes: Text | None = Field(default=None, description="Heading of the column with the CPT codes.")
    minutes: Text | None = Field(default=None, description="Heading of the column with the minutes.")
    notes: Text | None = Field(default=None, description="Heading of the column with notes.")
    date_order: DateOrder | None = Field(
        default=None, description="How dates are written; needed where every date could be read either way."
    )
