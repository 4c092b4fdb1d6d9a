"""Modifiers of charges and plans: one normal form, and what cannot be read."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.landing.modifiers import MOST_CODES, MOST_FACTORS, MOST_TERMS, parse_modifiers
from tests.unit.pipeline.landing.judging import value


def _rejected(text: str, of_plan: bool) -> bool:
    parsed = parse_modifiers(pa.array([text], pa.large_string()), of_plan)
    return bool(parsed.problems) and parsed.values[0].as_py() is None


@pytest.mark.parametrize("text", ["P3,QK", "qk p3", " P3 / QK ", "QK;P3;", "P3:QK", "P3-QK", "P3,QK,P3"])
def test_codes_of_a_charge_have_one_form(text: str) -> None:
    assert value("charges", "modifiers", text) == "P3,QK"


@pytest.mark.parametrize("text", ["P3,(QK)", "P3=1", "SMITH", "P³", ",", ",".join(f"M{n}" for n in range(11))])
def test_what_is_no_code_is_rejected(text: str) -> None:
    assert _rejected(text, of_plan=False)


def test_as_many_codes_as_there_is_room_for() -> None:
    text = ",".join(f"M{number}" for number in range(MOST_CODES))
    assert value("charges", "modifiers", text) == text


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("P3=1,P4=2", "P3=1,P4=2"),
        (" qk = X0.50 ; p3 = 1.000", "P3=1,QK=x0.5"),
        ("P5=007.250", "P5=7.25"),
        ("QX=x0", "QX=x0"),
        ("P1=0,", "P1=0"),
        ("AD=999.999", "AD=999.999"),
    ],
)
def test_terms_of_a_plan_have_one_form(text: str, normal: str) -> None:
    assert value("compensation_plans", "modifiers", text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "P3",
        "P3=",
        "P3=one",
        "P3=-1",
        "P3=1.2345",
        "P3=1000",
        "P3=x",
        "P3=1,P3=2",
        "P3=1,oops",
        "P3:1",
        "=1",
        ";",
        "P3=1 P4=2",
        "P3=٣",
    ],
)
def test_a_term_that_cannot_be_read_rejects_the_plan(text: str) -> None:
    assert _rejected(text, of_plan=True)


@pytest.mark.parametrize(("term", "most"), [("M{}=1", MOST_TERMS), ("M{}=x0.5", MOST_FACTORS)])
def test_a_plan_has_so_many_terms_and_no_more(term: str, most: int) -> None:
    terms = [term.format(number) for number in range(most + 1)]
    assert not _rejected(",".join(terms[:most]), of_plan=True)
    assert _rejected(",".join(terms), of_plan=True)


def test_a_missing_value_stays_missing_beside_good_and_bad_ones() -> None:
    parsed = parse_modifiers(pa.array(["p3", None, "?", "P3"], pa.large_string()), of_plan=False)
    assert parsed.values.to_pylist() == ["P3", None, None, "P3"]
    assert parsed.problems["invalid_modifiers"].tolist() == [False, False, True, False]
