"""Dates and timestamps from text. A time without a zone is local to its hospital; one with a zone is an instant."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.landing.values import Mask, Parsed, matches, present, some, without
from pipeline.sources.base import ColumnFormat

_ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ZONE = r"(?:[Zz]|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)$"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_ISO_MOMENT = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME} ?{_ZONE[:-1]}?$"
# What pandas reads as the clock, whatever the pattern says.
_CLOCK = r"(?i)^(?:now|today)$"
_FIRST = np.datetime64("1900-01-01", "us")
_END = np.datetime64("2201-01-01", "us")

_DAY = np.timedelta64(1, "D")

Moments = NDArray[np.datetime64]


@dataclass(frozen=True)
class Zones:
    """The time zone of each row's hospital: ``names[codes[row]]``."""

    names: tuple[str, ...]
    codes: NDArray[np.int64]

    def groups(self) -> Iterator[tuple[str, Mask]]:
        """Yield each zone that occurs, with its rows."""
        for code in np.unique(self.codes):
            yield self.names[code], self.codes == code


def parse_dates(text: pa.Array, style: ColumnFormat, zones: Zones) -> Parsed:
    """Read calendar dates; a date and time with a zone gives the local date of the hospital.

    Reasons: ``invalid_date``, and ``out_of_range`` outside 1900..2200.
    """
    if not style.date_formats and (quick := _all_iso(text)) is not None:
        values = quick.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    else:
        values, zoned = _moments(text, style)
        # A local day is at most a day away from UTC's; what is farther out is out of range in every zone.
        near = (values >= _FIRST - _DAY) & (values < _END + _DAY)
        for zone, of_zone in zones.groups():
            rows = of_zone & zoned & near
            if rows.any():
                values[rows] = _local(values[rows], zone)
    return _parsed(text, values, "invalid_date", pa.date32())


def parse_timestamps(text: pa.Array, style: ColumnFormat, zones: Zones) -> Parsed:
    """Read instants (UTC, microseconds). Of a local time that the clock shows twice, the first is meant.

    Reasons: ``invalid_timestamp``, and ``out_of_range`` outside 1900..2200.
    """
    values, zoned = _moments(text, style)
    plausible = (values >= _FIRST) & (values < _END)
    for zone, of_zone in zones.groups():
        rows = of_zone & ~zoned & plausible
        if rows.any() and zone != "UTC":
            values[rows] = _instant(values[rows], zone)
    return _parsed(text, values, "invalid_timestamp", pa.timestamp("us", "UTC"))


def _parsed(text: pa.Array, values: Moments, reason: str, target: pa.DataType) -> Parsed:
    invalid = present(text) & np.isnat(values)
    far = ~np.isnat(values) & ~((values >= _FIRST) & (values < _END))
    if issubclass(type(target), pa.TimestampType):
        array = pa.array(values, pa.timestamp("us")).cast(target)
    else:
        array = pa.array(values.astype("datetime64[D]"), target)
    return Parsed(without(array, far), some({reason: invalid, "out_of_range": far}))


def _all_iso(text: pa.Array) -> pa.Array | None:
    if (present(text) & ~matches(text, _ISO_DATE)).any():
        return None
    try:
        return pc.cast(text, pa.date32())
    except pa.ArrowInvalid:  # a day that no calendar has
        return None


def _moments(text: pa.Array, style: ColumnFormat) -> tuple[Moments, Mask]:
    """Return each row's moment (local, or UTC where it has a zone; NaT if unreadable) and which rows have a zone."""
    series = text.to_pandas()
    if not style.date_formats:
        return _iso_moments(text, series)
    values = np.full(len(text), np.datetime64("NaT"), dtype="datetime64[us]")
    zoned = np.zeros(len(text), dtype=bool)
    readable = present(text) & ~matches(text, _CLOCK)
    for pattern in style.date_formats:
        left = np.isnat(values) & readable
        if not left.any():
            break
        has_zone = "%z" in pattern or "%Z" in pattern
        values[left] = _to_datetime(series[left], pattern, has_zone)
        zoned |= left & ~np.isnat(values) & has_zone
    return values, zoned


def _iso_moments(text: pa.Array, series: pd.Series[str]) -> tuple[Moments, Mask]:
    values = np.full(len(text), np.datetime64("NaT"), dtype="datetime64[us]")
    days, moments = matches(text, _ISO_DATE), matches(text, _ISO_MOMENT)
    zoned = moments & matches(text, _ZONE)
    if days.any():
        values[days] = _to_datetime(series[days], "%Y-%m-%d", False)
    if moments.any():
        tidy = series[moments].str.upper().str.replace(r" (Z|[+-])", r"\1", regex=True)
        values[moments] = _to_datetime(tidy, "ISO8601", True)
    return values, zoned


def _to_datetime(series: pd.Series[str], pattern: str, utc: bool) -> Moments:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = pd.to_datetime(series.astype(object), format=pattern, errors="coerce", utc=utc)
        if utc:
            parsed = parsed.dt.tz_localize(None)
        return parsed.to_numpy(dtype="datetime64[us]").copy()
    except (ValueError, TypeError, AttributeError, OverflowError):  # one value spoils the column: judge each alone
        return np.array([_alone(value, pattern, utc) for value in series], dtype="datetime64[us]")


def _alone(value: str, pattern: str, utc: bool) -> np.datetime64:
    try:
        moment = pd.to_datetime(value, format=pattern, utc=utc)
        return np.datetime64(moment.tz_localize(None) if moment.tzinfo else moment, "us")
    except (ValueError, TypeError, AttributeError, OverflowError):
        return np.datetime64("NaT", "us")


def _local(instants: Moments, zone: str) -> Moments:
    return pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(zone).tz_localize(None).to_numpy("datetime64[us]")


def _instant(local: Moments, zone: str) -> Moments:
    first = np.ones(len(local), dtype=bool)
    moments = pd.DatetimeIndex(local).tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return moments.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[us]")
