"""Parameters of forecasts, for the API, the page and its files."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from portal.analytics.forecast_models import Model
from portal.analytics.forecasting import Scenario
from portal.api.v1.parameters import Text
from portal.api.v1.schema import PageQuery, Query
from portal.queries.forecasts import Measure

_CHANGE = re.compile(r"[+-]?\d{1,3}(\.\d{1,2})?", re.ASCII)
_LOWEST, _HIGHEST = Decimal(-100), Decimal(300)
_MEASURE = (
    "`compensation`: calculated pay of the caller's providers, by month of the case (wants `compensation:read`);"
    " `collected`: payments by payment date; `billed`: invoices by invoice date (both want `reports:read`)."
    " Default: the first of them that the caller may see."
)
_MODEL = "What the forecast follows; `combined` weighs the others by what they missed in back-tests."


def _change(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    change = Decimal(str(value)) if _CHANGE.fullmatch(str(value)) else None
    if change is None or not _LOWEST <= change <= _HIGHEST:
        raise PydanticCustomError(
            "change", "must be a percentage from -100 to 300 with at most two decimals, such as -7.5"
        )
    return change


Change = Annotated[
    Decimal,
    BeforeValidator(_change),
    WithJsonSchema(
        {"type": "string", "pattern": r"^(\+?([0-2]?[0-9]{1,2}(\.[0-9]{1,2})?|300)|-(100|[0-9]{1,2}(\.[0-9]{1,2})?))$"}
    ),
]


class _SeriesQuery(Query):
    measure: Measure | None = Field(default=None, description=_MEASURE)
    provider_id: Text | None = Field(
        default=None,
        description="One provider: of compensation among the caller's (another one's is 404), of revenue any of the hospitals'.",
    )
    model: Model = Field(default="combined", description=_MODEL)


class ForecastQuery(_SeriesQuery):
    """What is forecast, how far, and under which assumptions."""

    horizon: Literal["3", "6", "12"] = Field(default="6", description="Months ahead.")
    scenario: Scenario = Field(
        default="base",
        description="`optimistic` and `pessimistic` move all months alike, so that their sum is at an end of its 80 % band.",
    )
    volume: Change = Field(default=Decimal(0), description="What if: cases, change in percent.")
    unit_value: Change = Field(
        default=Decimal(0), description="What if: value of a unit (conversion factor), change in percent."
    )
    payer_mix: Change = Field(
        default=Decimal(0),
        description="What if: what a case brings because other payers pay for it, change in percent.",
    )


class PastForecastsQuery(PageQuery, _SeriesQuery):
    """Which past forecasts."""

    ahead: int | None = Field(default=None, ge=1, le=12, description="Only those so many months ahead.")
