"""Dates are calendar days of the hospital; timestamps are instants; nothing that no calendar has gets through."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing.dates import Zones, parse_dates, parse_timestamps
from pipeline.sources.base import ColumnFormat

ISO = ColumnFormat()


def _text(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


def _in(zone: str, rows: int = 1) -> Zones:
    return Zones((zone,), np.zeros(rows, dtype=np.int64))


def _date(text: str, zone: str = "UTC", style: ColumnFormat = ISO) -> date | None:
    return parse_dates(_text(text), style, _in(zone)).values[0].as_py()


def _instant(text: str, zone: str = "UTC", style: ColumnFormat = ISO) -> datetime | None:
    return parse_timestamps(_text(text), style, _in(zone)).values[0].as_py()


def test_late_on_the_last_day_of_january_in_new_york_is_january() -> None:
    assert _date("2025-01-31T23:30:00-05:00", "America/New_York") == date(2025, 1, 31)
    assert _date("2025-02-01T04:30:00Z", "America/New_York") == date(2025, 1, 31)
    assert _date("2025-01-31 23:30", "America/New_York") == date(2025, 1, 31)
    assert _date("2025-02-01T04:30:00Z", "UTC") == date(2025, 2, 1)


def test_each_row_follows_its_own_hospitals_zone() -> None:
    zones = Zones(("UTC", "America/New_York", "Asia/Tokyo"), np.array([0, 1, 2]))
    dates = parse_dates(_text(*["2025-06-30T20:00Z"] * 3), ISO, zones).values.to_pylist()
    assert dates == [date(2025, 6, 30), date(2025, 6, 30), date(2025, 7, 1)]
    local = parse_timestamps(_text(*["2025-06-30 20:00"] * 3), ISO, zones).values.to_pylist()
    assert [moment.astimezone(UTC).hour for moment in local] == [20, 0, 11]


def test_of_an_hour_that_the_clock_shows_twice_the_first_is_meant() -> None:
    assert _instant("2025-11-02 01:30", "America/New_York") == datetime(2025, 11, 2, 5, 30, tzinfo=UTC)


def test_an_hour_that_the_clock_skips_moves_to_its_end() -> None:
    assert _instant("2025-03-09 02:30", "America/New_York") == datetime(2025, 3, 9, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", [
    "2025-02-29", "2025-06-31", "2025-13-01", "20250601", "2025-6-1", "2025-06-01T25:00", "2025-06-01T10:00+99:00", "0",
    "2025-06-01 10:00 CET", "today", "2025-06-01T10",
])  # fmt: skip
def test_what_no_calendar_has_is_no_date(text: str) -> None:
    parsed = parse_dates(_text("2025-06-01", text), ISO, _in("UTC", 2))
    assert {reason: rows.tolist() for reason, rows in parsed.problems.items()} == {"invalid_date": [False, True]}
    assert parsed.values.to_pylist() == [date(2025, 6, 1), None]


def test_given_formats_are_tried_in_order_and_replace_iso() -> None:
    style = ColumnFormat(date_formats=("%d.%m.%Y", "%m/%d/%y"))
    assert _date("1.2.2025", style=style) == date(2025, 2, 1)
    assert _date("02/01/25", style=style) == date(2025, 2, 1)
    assert _date("31.2.2025", style=style) is None
    assert _date("2025-02-01", style=style) is None


def test_a_format_with_a_zone_gives_the_local_day() -> None:
    style = ColumnFormat(date_formats=("%d.%m.%Y %H:%M %z",))
    assert _date("31.01.2025 23:30 -0500", "America/New_York", style) == date(2025, 1, 31)
    assert _date("31.01.2025 23:30 -0500", "UTC", style) == date(2025, 2, 1)
    assert _instant("31.01.2025 23:30 -0500", "Asia/Tokyo", style) == datetime(2025, 2, 1, 4, 30, tzinfo=UTC)


@given(st.dates(date(1800, 1, 1), date(2300, 1, 1)))
def test_every_day_is_itself_or_out_of_range(day: date) -> None:
    parsed = parse_dates(_text(day.isoformat()), ISO, _in("America/New_York"))
    plausible = 1900 <= day.year <= 2200
    assert parsed.values[0].as_py() == (day if plausible else None)
    assert list(parsed.problems) == ([] if plausible else ["out_of_range"])


@given(st.lists(st.one_of(st.none(), st.text(max_size=12), st.datetimes().map(str)), max_size=8), st.sampled_from([
    ISO, ColumnFormat(date_formats=("%d.%m.%Y",)), ColumnFormat(date_formats=("%Y-%m-%d %H:%M:%S", "%c %z")),
]))  # fmt: skip
def test_no_text_raises_and_each_failure_has_a_reason(values: list[str | None], style: ColumnFormat) -> None:
    text, zones = _text(*(v.replace("\0", "") if v else v for v in values)), _in("Europe/Berlin", len(values))
    for parse in (parse_dates, parse_timestamps):
        parsed = parse(text, style, zones)
        failed = [any(rows[place] for rows in parsed.problems.values()) for place in range(len(values))]
        assert [value is None for value in parsed.values.to_pylist()] == [
            value is None or bad for value, bad in zip(values, failed, strict=True)
        ]


@pytest.mark.parametrize("text", ["now", "today", "Today", " now"])
def test_no_text_is_read_as_the_clock(text: str) -> None:
    style = ColumnFormat(date_formats=("%d.%m.%Y",))
    assert list(parse_dates(_text(text), style, _in("UTC")).problems) == ["invalid_date"]
    assert list(parse_timestamps(_text(text), style, _in("UTC")).problems) == ["invalid_timestamp"]


@pytest.mark.parametrize("text", ["9999-12-31T23:00:00-05:00", "0001-01-01T00:00:00+05:00"])
def test_instants_at_the_ends_of_the_calendar_are_out_of_range(text: str) -> None:
    assert list(parse_dates(_text(text), ISO, _in("America/New_York")).problems) == ["out_of_range"]


def test_the_last_evening_of_the_range_is_in_it() -> None:
    assert _date("2201-01-01T04:30:00Z", "America/New_York") == date(2200, 12, 31)
    assert _date("1899-12-31T23:30:00Z", "Asia/Tokyo") == date(1900, 1, 1)
