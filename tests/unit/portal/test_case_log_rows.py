"""From cells to cases: dates, tickets, codes and minutes as people write them, and what is said of those that are none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.analytics.case_log_layout import FIELDS, DateOrder, Layout, guess_columns, guess_date_order, propose
from portal.analytics.case_log_rows import LogRow, ReadLog, case_keys, read_log
from portal.services.case_files import CaseFileError, read_case_file

TODAY = date(2026, 3, 31)
_ALL = Layout({name: name for name in FIELDS})


def read(order: DateOrder = "ymd", **cells: str) -> ReadLog:
    row = tuple({"date": "2026-03-12", "ticket": "T1", **cells}.get(name, "") for name in FIELDS)
    return read_log(FIELDS, [(2, row)], Layout(_ALL.columns, order), TODAY)


def row(**cells: str) -> LogRow:
    (found,) = read(**cells).rows
    return found


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-03-04", "ymd", date(2026, 3, 4)),
        ("2026-03-04", "dmy", date(2026, 3, 4)),
        ("2026-03-04T08:30:00", "ymd", date(2026, 3, 4)),
        ("03/04/2026", "mdy", date(2026, 3, 4)),
        ("03/04/2026", "dmy", date(2026, 4, 3)),
        ("4.3.26", "dmy", date(2026, 3, 4)),
    ],
)
def test_dates_as_people_write_them(text: str, order: DateOrder, day: date):
    found = read_log(FIELDS, [(2, (text, "T1"))], Layout(_ALL.columns, order), date(2026, 12, 31))
    assert [one.case_date for one in found.rows] == [day]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"date": ""}, "The date is missing."),
        ({"date": "Tuesday"}, "The date cannot be read"),
        ({"date": "2026-02-30"}, "no day of the calendar"),
        ({"date": "2026-04-01"}, "after the business date, 2026-03-31"),
        ({"date": "1989-12-31"}, "before 1990-01-01"),
        ({"ticket": "Smith"}, "names do not belong there"),
        ({"ticket": "1" * 65}, "at most 64"),
        ({"ticket": ""}, "neither a ticket nor a code"),
        ({"codes": "colonoscopy"}, "A code is none"),
        ({"codes": " ".join(f"{number:05}" for number in range(21))}, "more than 20 codes"),
        ({"minutes": "long"}, "The minutes are no number"),
        ({"minutes": "0"}, "not between 1"),
        ({"minutes": "2881"}, "not between 1"),
    ],
)
def test_a_line_that_is_no_case_is_named_with_the_reason_and_without_what_it_says(cells: dict[str, str], reason: str):
    found = read(**cells)
    assert not found.rows
    (rejected,) = found.rejected
    assert rejected.line == 2
    assert reason in rejected.reason
    assert not [text for text in cells.values() if len(text) > 4 and text in rejected.reason]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("00790", ("00790",)),
        ("790", ("00790",)),
        ("00790-AA, 36620; J1100/d0120", ("00790", "36620", "J1100", "D0120")),
        ("00790 00790", ("00790",)),
        ("", ()),
    ],
)
def test_codes_as_people_write_them(text: str, codes: tuple[str, ...]):
    assert row(codes=text).codes == codes


@pytest.mark.parametrize(
    ("text", "minutes"), [("95", "95"), ("95,5", "95.5"), ("1:35", "95"), ("1:35:00", "95"), ("", None)]
)
def test_minutes_as_people_write_them(text: str, minutes: str | None):
    assert row(minutes=text).minutes == (Decimal(minutes) if minutes else None)


def test_notes_are_kept_without_control_characters():
    assert row(notes=" late\x00 start \n again").notes == "late  start \n again"
    assert row(notes="  ").notes is None


def test_a_case_has_the_same_key_in_every_file():
    first = [row(ticket="TK-001"), row(ticket="tk 001", codes="00790"), row(ticket="TK-002")]
    one, same, other = case_keys("H1", "D1", first)
    assert one == same != other
    assert case_keys("H1", "D1", first[2:]) == [other]
    assert case_keys("H1", "D2", first)[0] != one


def test_cases_without_a_ticket_are_as_many_as_there_are_rows():
    alike = [row(ticket="", codes="00790")] * 2
    first, second = case_keys("H1", "D1", alike)
    assert first != second
    assert case_keys("H1", "D1", alike[:1]) == [first]


def test_columns_are_guessed_from_their_headings():
    headings = ["Patient", "Date of Service", "Ticket #", "CPT Code(s)", "Duration", "Comments"]
    assert guess_columns(headings) == {
        "date": "Date of Service", "ticket": "Ticket #", "codes": "CPT Code(s)", "minutes": "Duration", "notes": "Comments",
    }  # fmt: skip
    assert guess_columns(["A", "B"]) == {}


@pytest.mark.parametrize(
    ("texts", "order", "is_unclear"),
    [
        (["2026-03-04"], "ymd", False),
        (["13/03/2026", "01/02/2026"], "dmy", False),
        (["03/13/2026", "01/02/2026"], "mdy", False),
        (["03/04/2026"], "mdy", True),
        ([], "ymd", False),
    ],
)
def test_the_order_of_dates_is_guessed_and_doubt_is_said(texts: list[str], order: str, is_unclear: bool):
    assert guess_date_order(texts) == (order, is_unclear)


def test_an_earlier_file_settles_what_is_unclear_and_nothing_else():
    earlier = [{"columns": {"date": "When"}, "date_order": "dmy"}]
    unclear = propose(["When"], [(2, ("03/04/2026",))], earlier)
    assert (unclear.layout.date_order, unclear.is_date_unclear, unclear.is_remembered) == ("dmy", True, True)
    assert propose(["When"], [(2, ("03/25/2026",))], earlier).layout.date_order == "mdy"
    assert not propose(["Other"], [(2, ("x",))], earlier).is_remembered


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_usual_separators_and_encodings(separator: str, encoding: str):
    text = f'Datum{separator}Ticket{separator}Bemerkung\r\n2026-03-12{separator}T1{separator}"späť, \n zu"\r\n'
    text = text if encoding != "cp1252" else text.replace("ť", "t")
    found = read_case_file(text.encode(encoding))
    assert found.headings == ("Datum", "Ticket", "Bemerkung")
    assert found.rows[0][1][:2] == ("2026-03-12", "T1")


def test_headings_that_are_empty_or_twice_get_names_of_their_own():
    assert read_case_file(b"Date,,Date\n1,2,3\n").headings == ("Date", "Column 2", "Date (3)")


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_whatever_is_sent_is_read_or_refused_in_a_sentence(content: bytes):
    said = ""
    try:
        rows = len(read_case_file(content).rows)
    except CaseFileError as error:
        rows, said = 0, str(error)
    assert rows > 0 or said.endswith(".")


@given(st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=8))
@settings(max_examples=200, deadline=None)
def test_every_line_is_a_case_or_is_named(lines: list[list[str]]):
    found = read_log(FIELDS, list(enumerate(lines, start=2)), _ALL, TODAY)
    numbers = [one.line for one in found.rows] + [one.line for one in found.rejected]
    assert sorted(numbers) == list(range(2, len(lines) + 2))
