"""Parameters of comparisons, workload, compensation, and of the files of entities."""

from __future__ import annotations

from pydantic import Field

from portal.api.v1.parameters import PaymentStatus, RangeQuery, Text
from portal.api.v1.schema import PageQuery
from portal.queries.comparisons import Grain
from portal.queries.revenue import Basis


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


class CompensationQuery(PageQuery, PracticeQuery):
    """Months, whose pay, and which page of the cases."""


class TransactionsQuery(RangeQuery):
    """Filters of payments."""

    status: PaymentStatus | None = Field(default=None, description="Only payments with this status.")
    method: Text | None = Field(default=None, description="As the source names it.")
    payer_id: Text | None = Field(default=None, description="A payer's id.")
    patient_id: Text | None = Field(default=None, description="Only this patient's.")
