"""The sample group's charges, plans and statements: believable, made-up codes, and statements that mostly agree."""

import csv
import re
from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from scripts.sample_data.generator import generate
from scripts.sample_data.procedures import FORMER_UNITS, REVALUED

END = date(2026, 3, 31)
Rows = list[dict[str, str]]
Case = tuple[str, str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    generate(folder, 7, END, 2_000)
    return folder


def read(folder: Path, table: str) -> Rows:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def standing(folder: Path) -> dict[Case, Rows]:
    """Good lines by case; without those that were taken back and what took them back."""
    seen: set[str] = set()
    cases: dict[Case, Rows] = defaultdict(list)
    for row in read(folder, "charges"):
        if row["charge_id"] in seen or row["case_date"] == "31.02.2025" or "(" in row["modifiers"]:
            continue
        seen.add(row["charge_id"])
        cases[row["provider_id"], row["ticket_number"], row["case_date"]].append(row)
    for lines in cases.values():
        for reversal in [row for row in lines if row["billed_amount"].startswith("-")]:
            amount = reversal["billed_amount"].removeprefix("-")
            original = next(
                row for row in lines if row["billed_amount"] == amount and row["cpt_code"] == reversal["cpt_code"]
            )
            lines.remove(original)
            lines.remove(reversal)
    return {case: lines for case, lines in cases.items() if lines}


def test_codes_are_made_up(folder: Path):
    codes = {row["cpt_code"] for table in ("charges", "procedure_units") for row in read(folder, table)}
    assert len(codes) > 20
    assert [code for code in codes if not re.fullmatch(r"D\d{4}", code)] == []


def test_cases_have_lines_reversals_and_gaps(folder: Path):
    charges = read(folder, "charges")
    lines = Counter(len(rows) for rows in standing(folder).values())
    assert lines[2] > 200
    assert lines[1] > lines[2]
    assert 20 < sum(row["units"] == "-1" for row in charges) < len(charges) // 20
    assert any(not row["minutes"] for row in charges)
    assert {"", "P3", "QK", "XU"} <= {row["modifiers"] for row in charges}
    assert max(row["posted_date"] for row in charges) <= END.isoformat()


def test_plans_have_a_raise_and_a_procedure_was_revalued(folder: Path):
    plans = Counter(row["provider_id"] for row in read(folder, "compensation_plans"))
    assert set(plans.values()) == {2}
    assert len(plans) == len(read(folder, "providers")) - 1
    former, now = (row for row in read(folder, "procedure_units") if row["cpt_code"] == REVALUED)
    assert former["base_units"] == str(FORMER_UNITS)
    assert former["valid_to"] < now["valid_from"]


def _pay(folder: Path) -> dict[tuple[str, str], Decimal]:
    """What the files say that cases came to, by provider and month: worked out from the files alone."""
    units = defaultdict(list)
    for row in read(folder, "procedure_units"):
        units[row["cpt_code"]].append((row["valid_from"], row["valid_to"] or "9999", Decimal(row["base_units"])))
    plans = defaultdict(list)
    for row in read(folder, "compensation_plans"):
        plans[row["provider_id"]].append(row)
    earned: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (provider, _, day), lines in standing(folder).items():
        plan = max(
            (row for row in plans[provider] if row["valid_from"] <= day),
            key=lambda row: row["valid_from"],
            default=None,
        )
        codes = {row["cpt_code"] for row in lines}
        base = [value for code in codes for since, until, value in units[code] if since <= day <= until]
        minutes = [Decimal(row["minutes"]) for row in lines if row["minutes"]]
        if plan and base and minutes:
            time = (max(minutes) / Decimal(plan["minutes_per_unit"])).quantize(Decimal("0.1"), ROUND_HALF_UP)
            modifiers = {code for row in lines for code in row["modifiers"].split(",")}
            total = max(base) + time + sum({"P3": 1, "P4": 2, "P5": 3}.get(code, 0) for code in modifiers)
            amount = total * Decimal(plan["conversion_factor"]) * Decimal(plan["share_percent"]) / 100
            amount /= 2 if "QK" in modifiers else 1
            earned[provider, day[:7]] += amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return earned


def test_nine_statements_in_ten_say_what_the_cases_come_to(folder: Path):
    earned = _pay(folder)
    statements = read(folder, "compensation_statements")
    agree = sum(Decimal(row["gross_pay"]) == earned[row["provider_id"], row["month"][:7]] for row in statements)
    assert len(statements) * 85 // 100 < agree < len(statements)
    assert max(row["month"] for row in statements) < END.replace(day=1).isoformat()


def test_a_month_without_cases_has_a_statement_and_the_reverse(folder: Path):
    worked = {(provider, day[:7]) for provider, _, day in standing(folder)}
    stated = {(row["provider_id"], row["month"][:7]) for row in read(folder, "compensation_statements")}
    assert stated - worked
    assert {case for case in worked if case[1] < "2026-03"} - stated
