"""How good forecasts are: rolling-origin back-tests of the sample group beside repeating the year before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import click

from portal.analytics.backtest import Accuracy
from portal.analytics.forecasting import forecast
from portal.analytics.month_series import MonthSeries
from scripts.benchmarks.group_months import group_months
from scripts.generate import DEFAULT_INVOICES, DEFAULT_SEED

_MOST_QUARTER_ERROR = 15.0
# Coverage of few hundred forecasts, neighbours of each other: what counts as "about".
_ABOUT = {80: (75.0, 90.0), 95: (90.0, 100.0)}
_HEAD = (
    f"{'series':<22}{'months':>7} |{'MASE':>6}{'sMAPE':>7}{'APE q':>7}{'in 80':>7}{'in 95':>7}"
    f" |{'MASE':>6}{'sMAPE':>7}{'APE q':>7} |{'ratio':>6}"
)


@dataclass(frozen=True)
class Line:
    """One series: its back-test and the seasonal naive forecast's."""

    name: str
    months: int
    ours: Accuracy
    naive: Accuracy


def backtested(name: str, series: MonthSeries) -> Line | None:
    """Return how forecasts of ``series`` did; None if it is too short for the yardstick to have been wrong once."""
    found = forecast(series, "USD")
    if found is None or found.is_short:
        return None
    measured = {each.model: each.accuracy for each in found.models}
    ours, naive = measured["combined"], measured["seasonal_naive"]
    return Line(name, len(series.amounts), ours, naive) if ours.against_naive is not None else None


@click.command(help=__doc__)
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="How many groups.")
@click.option("--seed", type=int, default=DEFAULT_SEED, show_default=True, help="Of the first group.")
@click.option("--invoices", type=click.IntRange(min=100), default=DEFAULT_INVOICES, show_default=True)
@click.option(
    "--end-date", type=click.DateTime(["%Y-%m-%d"]), default="2025-11-21", show_default=True, help="Its last day."
)
def main(seeds: int, seed: int, invoices: int, end_date: datetime) -> None:
    """Print a line for each series, the averages, and what was reached."""
    click.echo(f"{seeds} groups of {invoices:,} invoices, three years up to {end_date:%Y-%m-%d}, seeds from {seed} on")
    click.echo(f"{'':<30}| combination{'':<23}| seasonal naive{'':<6}| error of the first / the second")
    click.echo(_HEAD)
    hospitals: list[Line] = []
    doctors: list[Line] = []
    for one in range(seed, seed + seeds):
        for (kind, name), line in _lines(one, end_date.date(), invoices):
            (doctors if kind == "doctor" else hospitals).append(line)
            click.echo(_text(f"{kind} {name}", line))
    for title, lines in (("group and hospitals", hospitals), ("single doctors", doctors)):
        _verdict(title, lines)


def _lines(seed: int, end: date, invoices: int) -> Sequence[tuple[tuple[str, str], Line]]:
    made = {key: backtested(key[1], series) for key, series in group_months(seed, end, invoices).items()}
    return [(key, line) for key, line in made.items() if line]


def _verdict(title: str, lines: Sequence[Line]) -> None:
    ratio = _average([line.ours.against_naive for line in lines])
    error = _average([line.ours.quarter_error for line in lines])
    inside = {level: _average([line.ours.coverage[level] for line in lines]) for level in (80, 95)}  # type: ignore[index]
    quarter = {level: _average([line.ours.quarter_coverage[level] for line in lines]) for level in (80, 95)}  # type: ignore[index]
    click.echo(
        f"\n{title}, {len(lines)} series: MASE {_average([line.ours.mase for line in lines]):.2f}"
        f" (seasonal naive {_average([line.naive.mase for line in lines]):.2f}),"
        f" sMAPE {_average([line.ours.smape for line in lines]):.1f} % ({_average([line.naive.smape for line in lines]):.1f} %)"
    )
    click.echo(_said("beats seasonal naive", ratio < 1, f"error {ratio:.2f} of its"))
    naive = _average([line.naive.quarter_error for line in lines])
    shown = f"{error:.1f} % (seasonal naive {naive:.1f} %)"
    click.echo(_said(f"next quarter within {_MOST_QUARTER_ERROR:.0f} %", error <= _MOST_QUARTER_ERROR, shown))
    for level, (least, most) in _ABOUT.items():
        shown = f"{inside[level]:.0f} % of months, {quarter[level]:.0f} % of quarters"
        click.echo(_said(f"{level} % band covers about that", least <= inside[level] <= most, shown))


def _said(what: str, is_met: bool, shown: str) -> str:
    return f"  {'yes' if is_met else 'NO ':<4}{what}: {shown}"


def _text(name: str, line: Line) -> str:
    ours, naive = line.ours, line.naive
    return (
        f"{name:<22}{line.months:>7} |{_cell(ours.mase, 6, 2)}{_cell(ours.smape, 7)}{_cell(ours.quarter_error, 7)}"
        f"{_cell(ours.coverage[80], 7, 0)}{_cell(ours.coverage[95], 7, 0)}"
        f" |{_cell(naive.mase, 6, 2)}{_cell(naive.smape, 7)}{_cell(naive.quarter_error, 7)} |{_cell(ours.against_naive, 6, 2)}"
    )


def _cell(value: float | None, width: int, digits: int = 1) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.{digits}f}"


def _average(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else float("nan")


if __name__ == "__main__":
    main()
