"""The sample hospital group: deterministic, canonical, believable, and dirty in a known way."""

import csv
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from scripts.sample_data import calendar, group
from scripts.sample_data.generator import Summary, generate
from warehouse.canonical import BY_NAME

END = date(2026, 3, 31)
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("sample")
    return folder, generate(folder, 7, END, 2_000)


def read(folder: Path, table: str) -> Rows:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def good(folder: Path, table: str) -> Rows:
    """Rows that no fault touched: known hospital, proper amount, own key."""
    rows = read(folder, table)
    key = BY_NAME[table].key[0]
    times = Counter(row[key] for row in rows)
    return [
        row
        for row in rows
        if times[row[key]] == 1
        and row["hospital_id"] in ("H1", "H2")
        and re.fullmatch(r"\d+\.\d\d", row.get("total") or row.get("amount") or "0.01")
    ]


def test_same_seed_and_date_give_the_same_bytes(world: tuple[Path, Summary], tmp_path: Path):
    folder, summary = world
    assert generate(tmp_path, 7, END, 2_000) == summary
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_another_seed_gives_another_world(world: tuple[Path, Summary], tmp_path: Path):
    generate(tmp_path, 8, END, 2_000)
    assert (tmp_path / "invoices.csv").read_bytes() != (world[0] / "invoices.csv").read_bytes()


def test_files_have_the_canonical_columns(world: tuple[Path, Summary]):
    for path in world[0].iterdir():
        header = path.read_text(encoding="utf-8").splitlines()[0]
        assert header.split(",") == [column.name for column in BY_NAME[path.stem].columns]


def test_as_many_good_invoices_as_asked_for(world: tuple[Path, Summary]):
    dirt = world[1].dirt
    assert world[1].rows["invoices"] - dirt.rejects["invoices"] - dirt.duplicates["invoices"] == 2_000


def test_every_kind_of_fault_is_there_and_none_is_frequent(world: tuple[Path, Summary]):
    kinds = Counter(table for table, _ in world[1].dirt.kinds)
    assert kinds["invoices"] == 10
    assert kinds["payments"] == 9
    for table in kinds:
        broken = world[1].dirt.rejects[table] + world[1].dirt.duplicates[table]
        assert 0 < broken <= max(1, world[1].rows[table] * 7 // 1_000)


def test_good_invoices_add_up(world: tuple[Path, Summary]):
    for row in good(world[0], "invoices"):
        parts = Decimal(row["subtotal"]) + Decimal(row["tax"]) - Decimal(row["discount"])
        assert parts == Decimal(row["total"]), row["invoice_id"]


def test_nothing_happens_after_the_end(world: tuple[Path, Summary]):
    columns = {"payments": "payment_date", "adjustments": "adjustment_date", "refunds": "refund_date"}
    for table, column in columns.items():
        late = [row for row in good(world[0], table) if is_day(row[column]) and row[column] > END.isoformat()]
        allowed = 1 if table == "payments" else 0  # the fault "date in the future"
        assert len(late) <= max(allowed, world[1].dirt.kinds[table, "date in the future"])


def test_nobody_is_refunded_more_than_was_paid(world: tuple[Path, Summary]):
    paid = {row["payment_id"]: Decimal(row["amount"]) for row in good(world[0], "payments")}
    refunds = [row for row in read(world[0], "refunds") if row["payment_id"] in paid]
    assert refunds
    assert all(Decimal(row["amount"]) < paid[row["payment_id"]] for row in refunds)


def test_balances_of_the_source_follow_from_the_events_but_for_a_few(world: tuple[Path, Summary]):
    open_amounts: Counter[str] = Counter()
    for row in good(world[0], "payments"):
        if row["status"] in ("paid", "refunded"):
            open_amounts[row["invoice_id"]] -= int(row["amount"].replace(".", "")) * (row["status"] == "paid")
    for row in good(world[0], "adjustments"):
        if row["kind"] != "goodwill":
            open_amounts[row["invoice_id"]] -= int(row["amount"].replace(".", ""))
    paid_to = {row["payment_id"]: row["invoice_id"] for row in good(world[0], "payments")}
    for row in read(world[0], "refunds"):
        open_amounts[paid_to.get(row["payment_id"], "")] += int(row["amount"].replace(".", ""))
    for row in read(world[0], "allocations"):
        open_amounts[row["invoice_id"]] -= int(row["amount"].replace(".", ""))
    rows = [
        row for row in good(world[0], "invoices") if row["status"] not in ("cancelled", "void", "draft", "archived")
    ]
    differing = [
        row["invoice_id"]
        for row in rows
        if max(int(row["total"].replace(".", "")) + open_amounts[row["invoice_id"]], 0)
        != int(row["balance"].replace(".", ""))
    ]
    assert 0 < len(differing) < len(rows) // 50


def test_allocations_spread_money_without_an_invoice_and_never_more_than_was_paid(world: tuple[Path, Summary]):
    rows = read(world[0], "allocations")
    paid = {row["payment_id"]: row for row in read(world[0], "payments")}
    by_payment: dict[str, Rows] = {}
    for row in rows:
        by_payment.setdefault(row["payment_id"], []).append(row)
    assert len(by_payment) >= 10
    for payment_id, parts in by_payment.items():
        assert not paid[payment_id]["invoice_id"]
        assert 2 <= len({row["invoice_id"] for row in parts}) <= 3
        assert 0 < sum(Decimal(row["amount"]) for row in parts) <= Decimal(paid[payment_id]["amount"])
        assert all(paid[payment_id]["payment_date"] <= row["allocated_date"] <= END.isoformat() for row in parts)
    assert any(row["amount"].startswith("-") for row in rows), "money that was moved"
    assert any(row["allocated_date"] > paid[row["payment_id"]]["payment_date"] for row in rows), "allocated later"


def test_schedules_have_three_to_six_instalments_and_a_few_do_not_add_up(world: tuple[Path, Summary]):
    totals = {row["invoice_id"]: Decimal(row["total"]) for row in good(world[0], "invoices")}
    schedules: dict[str, list[Decimal]] = {}
    for row in read(world[0], "payment_schedules"):
        schedules.setdefault(row["invoice_id"], []).append(Decimal(row["amount"]))
    assert {len(parts) for parts in schedules.values()} == {3, 4, 6}
    odd = [number for number, parts in schedules.items() if number in totals and sum(parts) != totals[number]]
    assert 0 < len(odd) < len(schedules) // 20


@pytest.mark.parametrize("department", [one for one in group.DEPARTMENTS if one.idle], ids=lambda one: one.name)
def test_an_idle_department_bills_nothing(world: tuple[Path, Summary], department: group.Department):
    rows = [row for row in good(world[0], "invoices") if row["department_id"] == department.department_id]
    days = [date.fromisoformat(row["invoice_date"]) for row in rows if is_day(row["invoice_date"])]
    assert days
    assert all(calendar.is_open(department, day, END) for day in days if day <= END)


def test_weekends_and_holidays_are_quiet(world: tuple[Path, Summary]):
    days = [
        date.fromisoformat(row["invoice_date"]) for row in read(world[0], "invoices") if is_day(row["invoice_date"])
    ]
    sundays = sum(day.weekday() == 6 for day in days)
    mondays = sum(day.weekday() == 0 for day in days)
    assert sundays * 3 < mondays


def test_the_world_has_what_reports_need(world: tuple[Path, Summary]):
    folder, _ = world
    payments = read(folder, "payments")
    invoices = {row["invoice_id"]: row for row in read(folder, "invoices")}
    assert {"paid", "pending", "failed", "refunded"} <= {row["status"] for row in payments}
    assert {"contractual", "write_off"} <= {row["kind"] for row in read(folder, "adjustments")}
    assert any(row["invoice_id"] not in invoices for row in payments), "money without an invoice"
    assert any(not row["due_date"] for row in invoices.values()), "missing due dates"
    assert any(row["tax"] not in ("", "0.00") for row in invoices.values()), "taxes"
    assert any(
        row["payment_date"] < invoices[row["invoice_id"]]["invoice_date"]
        for row in payments
        if row["invoice_id"] in invoices
    )
    assert len({row["timezone"] for row in read(folder, "hospitals")}) == 2
