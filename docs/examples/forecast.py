"""A forecast in a notebook: months in, months out, no server. To be run cell by cell, or whole, in the project's folder."""

# %% Months of one figure, for example the column "actual" of /api/v1/exports/forecast/csv. Only closed months count.
from datetime import date
from decimal import Decimal

from portal.analytics.forecasting import WhatIf, adjusted, forecast
from portal.analytics.month_series import closed_months, month_after

SEASON = (112, 104, 108, 101, 98, 92, 82, 86, 103, 110, 104, 88)
months = {
    month_after(date(2023, 1, 1), step): Decimal(60_000 + 250 * step) * SEASON[step % 12] * (97 + step * 7 % 7) / 10_000
    for step in range(37)
}
series = closed_months(months, business_date=date(2026, 1, 20))
print(f"{len(series.amounts)} closed months, {series.months[0]:%b %Y} to {series.months[-1]:%b %Y}")

# %% The next half year with its bands, and the next quarter as one figure.
found = forecast(series, "USD", horizon=6)
if found is None:
    raise SystemExit("There is no closed month.")
for month in found.months:
    band = month.band(80)
    print(f"{month.start:%b %Y} {month.amount:>12,}", f"80 %: {band.low:,} to {band.high:,}" if band else "no band")
print(f"next quarter {found.quarter.amount:,}")

# %% How good the models are: asked at the end of every past month, knowing nothing later.
for result in found.models:
    beside = result.accuracy.against_naive
    print(
        f"{result.model:<15} {result.share:>6.1f} %",
        "" if beside is None else f"{beside:.2f} of the error of the year before",
    )

# %% What if there are a tenth fewer cases, in the worse of the scenarios?
fewer = adjusted(found, "pessimistic", WhatIf(volume=Decimal(-10)))
print(f"six months {fewer.total.amount:,} instead of {found.total.amount:,}")
