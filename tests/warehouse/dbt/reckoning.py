"""What was open on any day, reckoned in Python from the rows that a source held: nothing is shared with the models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

State = dict[tuple[str, str], dict[str, Any]]
Movement = tuple[str, str, date, Decimal]
_NOTHING = Decimal(0)


def rows_of(state: State, table: str) -> list[dict[str, Any]]:
    """Return the rows of one table."""
    return [row for (name, _), row in state.items() if name == table]


def _invoice_ids(state: State) -> set[str]:
    return {row["invoice_id"] for row in rows_of(state, "invoices")}


def movements(state: State) -> Iterator[Movement]:
    """Yield (item, kind, day, effect on the balance) of every row; an item is an invoice, or money that has none."""
    invoices = _invoice_ids(state)
    for row in rows_of(state, "invoices"):
        dated = row["status"] == "cancelled" and row["cancelled_date"] is not None
        if row["status"] in ("issued", "paid") or dated:
            yield row["invoice_id"], "billed", row["invoice_date"], row["total"]
        if dated:
            yield row["invoice_id"], "billed", row["cancelled_date"], -row["total"]
    for money in (*rows_of(state, "payments"), *rows_of(state, "adjustments")):
        item = money["invoice_id"] if money["invoice_id"] in invoices else _money_id(money)
        for kind, when, amount in _own_movements(money):
            yield item, kind, when, amount


def _money_id(row: dict[str, Any]) -> str:
    return str(row.get("payment_id") or row.get("adjustment_id"))


def _own_movements(row: dict[str, Any]) -> Iterator[tuple[str, date, Decimal]]:
    if "adjustment_date" in row:
        yield row["kind"], row["adjustment_date"], -row["amount"]
    elif row["status"] in ("paid", "refunded"):
        yield "received", row["payment_date"], -row["amount"]
        if row["status"] == "refunded":
            yield "received", row["refunded_date"], row["amount"]


def moves(state: State) -> Iterator[Movement]:
    """Yield the movements of allocated money: to its invoices as far as it reaches on each day, and from where it was."""
    invoices = _invoice_ids(state)
    money = {_money_id(row): row for row in (*rows_of(state, "payments"), *rows_of(state, "adjustments"))}
    spread = defaultdict(list)
    for row in rows_of(state, "allocations"):
        own = money.get(_money_id(row))
        if own is not None and row["invoice_id"] in invoices:
            spread[_money_id(row)].append(row)
    for identity, allocations in spread.items():
        own = money[identity]
        home = own["invoice_id"] if own["invoice_id"] in invoices else identity
        yield from _spread(list(_own_movements(own)), allocations, home)


def _spread(facts: list[tuple[str, date, Decimal]], allocations: list[dict[str, Any]], home: str) -> Iterator[Movement]:
    net: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for row in allocations:
        net[row["invoice_id"], row["allocated_date"]] += row["amount"]
    first = {
        invoice: day for (invoice, day), amount in sorted(net.items(), key=lambda i: i[0][1], reverse=True) if amount
    }
    order = sorted({invoice for invoice, _ in net}, key=lambda invoice: (first.get(invoice, date.max), invoice))
    placed: dict[str, Decimal] = defaultdict(Decimal)
    for day in sorted({when for _, when, _ in facts} | {when for _, when in net}):
        left = sum((-amount for _, when, amount in facts if when <= day), _NOTHING)
        for invoice in order:
            level = sum((amount for (to, when), amount in net.items() if to == invoice and when <= day), _NOTHING)
            here = max(_NOTHING, min(level, left))
            left -= max(level, _NOTHING)
            if here != placed[invoice]:
                yield invoice, facts[0][0], day, placed[invoice] - here
                yield home, facts[0][0], day, here - placed[invoice]
            placed[invoice] = here


def everything(state: State) -> Iterator[Movement]:
    """Yield what changed a balance: the movements of every row, and those of allocated money."""
    yield from movements(state)
    yield from moves(state)


def _first_write_offs(moved: Iterable[Movement]) -> dict[str, date]:
    # A day whose write-offs cancel out is a day without any.
    days: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for item, kind, when, amount in moved:
        if kind == "write_off":
            days[item, when] += amount
    return {item: when for (item, when), amount in sorted(days.items(), reverse=True) if amount}


def balances(state: State, day: date) -> dict[str, Decimal]:
    """Return the balance of every item on ``day``: what is paid after a write-off lifts it, and makes no credit."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    since: dict[str, Decimal] = defaultdict(Decimal)
    invoices = _invoice_ids(state)
    moved = list(everything(state))
    first = _first_write_offs(moved)
    for item, kind, when, amount in moved:
        if when <= day:
            sums[item][kind] += amount
            if kind == "received" and item in first and when >= first[item]:
                since[item] += amount
    found = {}
    for item, kinds in sums.items():
        balance = sum(kinds.values(), _NOTHING)
        if item in invoices:
            balance += max(_NOTHING, min(-balance, -kinds["write_off"], -kinds["received"], -since[item]))
        if balance:
            found[item] = balance
    return found


def _lines(
    invoice: dict[str, Any], schedule: list[tuple[date, Decimal]], balance: Decimal
) -> Iterator[tuple[date, Decimal]]:
    """Yield (due, open) of an invoice: what is paid has filled the earliest instalment first."""
    own = invoice["due_date"] or invoice["invoice_date"]
    rest = max(invoice["total"] - sum((amount for _, amount in schedule), _NOTHING), _NOTHING)
    lines = sorted([*((due, 0, amount) for due, amount in schedule), (own, 1, rest)])
    left = balance
    for due, _, amount in reversed(lines):
        yield due, min(amount, left)
        left -= min(amount, left)
    yield own, left


def aging(state: State, day: date) -> dict[tuple[str, str], tuple[Decimal, int]]:
    """Return (amount, invoices) by (payer class, bucket) on ``day``; ``credit`` and ``outstanding`` are beside the buckets."""
    invoices = {row["invoice_id"]: row for row in rows_of(state, "invoices")}
    decided = {row["invoice_id"]: row["adjudicated_date"] for row in rows_of(state, "claims")}
    schedules = defaultdict(list)
    for row in rows_of(state, "payment_schedules"):
        schedules[row["invoice_id"]].append((row["due_date"], row["amount"]))
    first: dict[str, date] = {}
    for item, _, when, _ in everything(state):
        first[item] = min(first.get(item, when), when)
    pieces: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for item, balance in balances(state, day).items():
        invoice = invoices.get(item)
        insured = invoice is not None and (invoice["payer_id"] or item in decided)
        owes = "insurance" if insured and not (item in decided and decided[item] <= day) else "patient"
        if balance < 0:
            pieces[owes, "credit"][item] -= balance
            continue
        due = (invoice["due_date"] or invoice["invoice_date"]) if invoice else first[item]
        split = _lines(invoice, schedules[item], balance) if invoice and schedules[item] else [(due, balance)]
        for falls_due, amount in split:
            if amount:
                pieces[owes, _bucket((day - falls_due).days)][item] += amount
                pieces[owes, "outstanding"][item] += amount
    return {key: (sum(items.values(), _NOTHING), len(items)) for key, items in pieces.items()}


def _bucket(days: int) -> str:
    return next(
        (name for limit, name in ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90")) if days <= limit), "91+"
    )
