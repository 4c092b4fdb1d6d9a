"""Parameters and bodies of disputes."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from portal.analytics.disputes import Outcome
from portal.api.v1.billing_audit_parameters import PROVIDER
from portal.api.v1.parameters import Day, Text
from portal.api.v1.schema import PageQuery
from portal.api.v1.write_off_parameters import Body, Money, Words
from portal.services.write_off_rules import LONGEST

DisputeStatus = Literal["open", "sent", "answered", "recovered", "withdrawn"]
DisputeSort = Literal[
    "deadline", "-deadline", "date", "-date", "ticket", "-ticket", "claimed", "-claimed", "recovered", "-recovered",
    "sent", "-sent",
]  # fmt: skip


class DisputesQuery(PageQuery):
    """Whose disputes, and where they stand."""

    provider_id: Text | None = Field(default=None, description=PROVIDER)
    status: DisputeStatus | None = Field(
        default=None, description="Where they stand; `open` is sent or answered. Default: all."
    )
    sort: DisputeSort = Field(default="deadline", description="By what; with a minus, the largest first.")


class SendBody(Body):
    """What a person says of a case that goes to the billing company."""

    on_date: Day
    claimed: Money | None = None
    payer: UUID | None = None
    note: Words | None = Field(default=None, max_length=LONGEST)


class StepBody(Body):
    """What a person says of a dispute."""

    kind: Literal["answered", "recovered", "withdrawn"]
    on_date: Day
    outcome: Outcome | None = None
    amount: Money | None = None
    note: Words | None = Field(default=None, max_length=LONGEST)
