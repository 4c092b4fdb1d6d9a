"""Words where codes belong: what is no code does not land, is counted, and leaves its row and money where they are."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.landing.codes import withhold
from warehouse.canonical import BY_NAME, TABLES
from warehouse.canonical_types import Column, Table

_PERSON = (
    "Ann Planted", "PLANTED, ANN", "Planted", "ann@example.org", "078-05-1120", "+1 555 867 5309", "555-867-5309",
    "(555) 867-5309", "cash from Ann Planted", "Planted Street 7", "1931-02-03", "paid by Ann", "Annette",
)  # fmt: skip


def _withheld(
    table: str, column: str, *texts: str | None, said: tuple[str, ...] = ()
) -> tuple[list[str | None], list[bool]]:
    found = BY_NAME[table].column(column)
    ids = pa.array([f"id{place}" for place in range(len(texts))], pa.large_string())
    values, rows = withhold(found, pa.array(texts, pa.large_string()), said, ids)
    return values.to_pylist(), rows.tolist()


@pytest.mark.parametrize(
    ("table", "column", "codes"),
    [
        ("payments", "method", ("cash", "Credit Card", "CC", "ECHECK", "Virtual Card", "EFT", "Online Portal", "check #")),
        ("appointments", "status", ("completed", "No-Show", "CANCELLED", "checked in", "cancelled by patient")),
        ("claims", "denial_code", ("CO-45", "PR 1", "A1", "N130", "MA130", "CO-A1", "16", "DUP", "AUTH", "not covered")),
        ("adjustments", "category", ("BAD_DEBT", "bad debt", "Charity-Care", "OTHER")),
        ("charges", "cpt_code", ("99213", "0001T", "J3490", "00100", "ANES-12", "180256009", "99213-25")),
        ("departments", "code", ("CARD", "ED-1", "K12")),
        ("departments", "name", ("Internal Medicine", "Ward 7", "Chirurgie", "眼科", "Unit 2025-2026")),
        ("providers", "name", ("Dr Ann O'Neil", "Abe604 Frami345", "Smith, John (1234567890)")),
        ("providers", "specialization", ("GENERAL PRACTICE", "Ear, Nose & Throat")),
        ("hospitals", "tax_rates", ("19; 7", "5.5|20", "19% 7%", "0.125")),
    ],
)  # fmt: skip
def test_codes_stay_as_they_are_written(table: str, column: str, codes: tuple[str, ...]) -> None:
    assert _withheld(table, column, *codes) == (list(codes), [False] * len(codes))


@pytest.mark.parametrize(
    ("table", "column", "instead"),
    [
        ("payments", "method", "other"), ("appointments", "status", "other"), ("adjustments", "category", "OTHER"),
        ("claims", "denial_code", "OTHER"), ("charges", "cpt_code", "OTHER"),
    ],
)  # fmt: skip
def test_a_person_in_place_of_a_code_is_not_kept(table: str, column: str, instead: str) -> None:
    values, rows = _withheld(table, column, *_PERSON, None)
    assert values == [instead] * len(_PERSON) + [None]
    assert rows == [True] * len(_PERSON) + [False]


@pytest.mark.parametrize(
    "number", ["ann@example.org", "078-05-1120", "+1 555 867 5309", "call 867-5309", "born 1931-02-03"]
)
def test_names_at_work_have_no_numbers_of_people(number: str) -> None:
    for table in ("hospitals", "departments", "providers", "payers"):
        assert _withheld(table, "name", "Good Name", f"Name, {number}") == (["Good Name", "id1"], [False, True])
    assert _withheld("providers", "specialization", number) == ([None], [True])
    assert _withheld("departments", "code", number) == ([None], [True])


def test_only_numbers_stay_of_a_list_of_rates() -> None:
    assert _withheld("hospitals", "tax_rates", "19, Ann; 7") == (["19, ?; 7"], [True])
    assert _withheld("hospitals", "tax_rates", "078-05-1120 867 5309") == (["? 867 ?"], [True])


def test_what_the_mapping_says_is_a_code() -> None:
    assert _withheld("payments", "method", "Barzahlung", "Karte", said=("Barzahlung",)) == (
        ["Barzahlung", "other"],
        [False, True],
    )


def _is_known(table: Table, column: Column) -> bool:
    is_id = column.name in table.key or column.name.endswith(("_id", "_of")) or column.name == "ticket_number"
    return is_id or bool(column.code or column.allowed or column.identity or column.free_text)


def test_every_column_of_text_says_what_it_may_hold() -> None:
    """Ids, codes, lists, identity or free text: there is no column of text that takes anything and goes everywhere."""
    open_columns = [f"{t.name}.{c.name}" for t in TABLES for c in t.columns if c.type == "text" and not _is_known(t, c)]
    parsed = {
        "hospitals.timezone",
        "hospitals.currency",
        "invoices.currency",
        "charges.modifiers",
        "compensation_plans.modifiers",
    }
    assert set(open_columns) == parsed
