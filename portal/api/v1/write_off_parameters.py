"""Parameters and bodies of write-offs."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from portal.api.v1.parameters import Day, RangeQuery, Text
from portal.api.v1.schema import PageQuery
from portal.queries.write_offs import Status, WriteOffFilter
from portal.services.write_off_rules import LONGEST, Category

_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,3})?", re.ASCII)
# Text that people type keeps its line breaks; no other control character has a place in it.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _amount(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not _AMOUNT.fullmatch(str(value)):
        raise PydanticCustomError("amount", "must be an amount such as 120.50, with at most three decimals")
    return Decimal(str(value))


def _words(value: Any) -> Any:
    if isinstance(value, str) and _CONTROL.search(value):
        raise PydanticCustomError("text", "must hold only printable characters")
    return value


def _own_id(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Money = Annotated[Decimal, BeforeValidator(_amount)]
Words = Annotated[str, BeforeValidator(_words)]
InvoiceId = Annotated[Text, BeforeValidator(_own_id)]


class WriteOffFilters(RangeQuery):
    """Filters of write-offs; without dates, all of them."""

    status: Status | None = Field(default=None, description="Only those with this status.")
    category: Category | None = Field(default=None, description="Only those of this category.")
    start_date: Day | None = Field(default=None, description="First day of the request; default: the first of all.")
    end_date: Day | None = Field(default=None, description="Last day of the request; default: the newest of all.")
    invoice_id: Text | None = Field(default=None, description="Only those of this invoice.")
    batch_id: int | None = Field(
        default=None, ge=1, le=2**31, description="Only those asked for together under this number."
    )


class WriteOffsQuery(WriteOffFilters, PageQuery):
    """Filters of the list of write-offs, and which page of it."""

    limit: int = Field(default=20, ge=1, le=500, description="Rows per page.")


class Body(BaseModel):
    """What a request says beside its address; what is not known is refused, as a misspelt name would be lost."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class WriteOffBody(Body):
    """A write-off that is asked for."""

    invoice_id: InvoiceId = Field(min_length=1, description="The invoice's number.")
    amount: Money = Field(
        description="Above 0, in the invoice's currency, and no more than is open and not yet asked for."
    )
    reason: Words = Field(min_length=1, max_length=LONGEST, description="Why; whoever decides reads it.")
    category: Category = Field(description="Of the write-off.")
    notes: Words | None = Field(default=None, max_length=LONGEST, description="Anything else.")
    hospital_id: Text | None = Field(default=None, description="Needed where several hospitals use the number.")
    source_name: Text | None = Field(default=None, description="Needed where several sources use the number.")


class DecisionBody(Body):
    """What whoever decides says to it."""

    notes: Words | None = Field(default=None, max_length=LONGEST, description="Kept with the decision.")


def write_offs_asked(query: WriteOffFilters, currency: str | None) -> WriteOffFilter:
    """Return which requests ``query`` is about; None as a currency is all of them."""
    return WriteOffFilter(
        query.status, query.category, query.start_date, query.end_date, currency, query.invoice_id, query.batch_id
    )
