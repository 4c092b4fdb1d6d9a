"""How fresh and how complete the figures are."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, Response

from portal import freshness
from portal.api.v1.envelope import ok
from portal.api.v1.schema import Camel, operation
from portal.formatting import amount
from portal.queries import freshness as queries
from portal.security import current_hospitals, signed_in

blueprint = Blueprint("freshness", __name__)


class Quarantined(Camel):
    """Rows that are not in the figures. ``currency`` is None when their hospital is not known.

    ``amount`` is None then, too, for those who do not see every hospital.
    """

    table: str
    currency: str | None
    rows: int
    amount: str | None


class FreshnessData(Camel):
    """The build behind every figure, or None everywhere while nothing is published."""

    build_id: int | None
    published_at: datetime | None
    data_as_of: datetime | None
    business_dates: dict[str, date]
    stale: bool
    stale_reason: str | None
    worker_alive: bool
    gates: dict[str, int] | None
    quarantined: list[Quarantined]


@blueprint.get("/freshness")
@signed_in
@operation(FreshnessData)
def show() -> Response:
    """Build, business dates, and whether newer data should be there by now."""
    now = freshness.current()
    build, mine = now.build, set(current_hospitals())
    data = FreshnessData(
        build_id=build.build_id if build else None,
        published_at=build.published_at if build else None,
        data_as_of=build.instant if build else None,
        business_dates={name: day for name, day in build.business_dates.items() if name in mine} if build else {},
        stale=build.stale if build else True,
        stale_reason=build.warning(now.timezone) if build else "Nothing has been published yet.",
        worker_alive=now.worker_alive,
        gates=vars(now.gates) if now.gates else None,
        quarantined=[
            Quarantined(
                table=item.table_name,
                currency=item.currency,
                rows=item.row_count,
                amount=_amount(item),
            )
            for item in now.quarantined
        ],
    )
    return ok(data.model_dump(by_alias=True))


def _amount(item: queries.Quarantined) -> str | None:
    if item.amount is None:
        return None
    return amount(item.amount, item.currency) if item.currency else str(item.amount)
