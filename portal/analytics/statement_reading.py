"""Reading a compensation statement out of tables: what stands there for certain, and what a person has to say. Pure functions.

An amount is found by its label, left of it or above it. What stands twice with different amounts, or is written so that it could
mean two, is not read: it is left for a person, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Field = Literal["gross_pay", "commission", "bonus", "deductions", "net_pay"]
Cells = Sequence[str]
FIELDS: dict[Field, str] = {
    "gross_pay": "Gross pay", "commission": "Commission", "bonus": "Bonus", "deductions": "Deductions", "net_pay": "Net pay",
}  # fmt: skip
_LABELS: dict[Field, frozenset[str]] = {
    "gross_pay": frozenset(
        {"gross", "gross pay", "total gross", "total gross pay", "gross compensation", "gross amount"}
    ),
    "commission": frozenset({"commission", "commissions", "total commission"}),
    "bonus": frozenset({"bonus", "bonuses", "total bonus", "bonus pay"}),
    "deductions": frozenset({"deductions", "deduction", "total deductions", "less deductions"}),
    "net_pay": frozenset({"net", "net pay", "net amount", "total net pay", "net compensation"}),
}
_NOT_LETTERS = re.compile(r"[^a-z]+")
_SYMBOLS = re.compile(r"[$€£¥]|(?<![A-Z])[A-Z]{3}(?![A-Z])")
_SAME = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u202f": " ", "’": "'"})
_SIGNED = re.compile(r"(?P<minus>-)?\s*(?P<plain>[\d.,' ]*\d)\s*(?P<after>-)?|\(\s*(?P<inside>[\d.,' ]*\d)\s*\)")
_PLAIN = re.compile(r"\d{1,15}(?:[.,]\d{1,2})?")
_THREE_DIGITS = re.compile(r"(?:0|\d{4,15})[.,]\d{3}")  # these cannot be thousands
_GROUPED = re.compile(r"(\d{1,3})((?:[,.' ]\d{3})+)([.,]\d{1,3})?")


@dataclass(frozen=True)
class Amount:
    """What was read of a field: the amount, or None and why a person has to say."""

    value: Decimal | None
    why: str | None = None

    @property
    def is_certain(self) -> bool:
        """Whether it can stand as it was read."""
        return self.value is not None


@dataclass(frozen=True)
class Statement:
    """A statement's amounts; the gross contains commission and bonus."""

    gross_pay: Decimal
    commission: Decimal
    bonus: Decimal
    deductions: Decimal
    net_pay: Decimal | None = None


def read_amount(text: str, digits: int = 2) -> Decimal | None:
    """Return the amount that ``text`` can only mean, however it is written; None where it is none, or could be two.

    ``1,234.50``, ``1.234,50``, ``1 234,50``, ``$1,234.50``, ``(25.50)`` and ``25.50-`` can be read. ``1.234`` is 1234 in a
    currency of two digits, and either 1234 or 1.234 in one of three, where it is left to a person.

    Args:
        text: of a cell.
        digits: of the currency, behind the point.
    """
    found = _SIGNED.fullmatch(_SYMBOLS.sub("", text.translate(_SAME)).strip())
    if found is None or (found["minus"] and found["after"]):
        return None
    plain = found["inside"] or found["plain"]
    negative = bool(found["inside"] or found["minus"] or found["after"])
    is_plain = _PLAIN.fullmatch(plain) or (digits > 2 and _THREE_DIGITS.fullmatch(plain))
    value = Decimal(plain.replace(",", ".")) if is_plain else _grouped(plain, digits)
    if value is None or -int(value.as_tuple().exponent) > digits:
        return None
    return -value if negative else value


def _grouped(plain: str, digits: int) -> Decimal | None:
    found = _GROUPED.fullmatch(plain)
    if found is None:
        return None
    marks = {part for part in found[2] if not part.isdigit()}
    if len(marks) != 1 or (found[3] and found[3][0] in marks):
        return None
    if not found[3] and (marks == {" "} or (len(found[2]) == 4 and digits >= 3 and marks != {"'"})):
        return None  # two numbers side by side, or three decimals
    whole = found[1] + "".join(part for part in found[2] if part.isdigit())
    return Decimal(whole + (f".{found[3][1:]}" if found[3] else ""))


def read_statement(rows: Iterable[Cells], digits: int = 2) -> dict[Field, Amount]:
    """Return what stands in the rows of all tables of a file, by field.

    Args:
        rows: cells as text, in the order of the file.
        digits: of the currency.
    """
    table = [tuple(cell.strip() for cell in row) for row in rows]
    found: dict[Field, list[str]] = {name: [] for name in FIELDS}
    for name, cell in (*_beside(table), *_below(table)):
        found[name].append(cell)
    return {name: _amount(name, cells, digits) for name, cells in found.items()}


def check(stated: Statement) -> dict[Field, str]:
    """Return what does not add up in a statement, by field; nothing where all of it does. Net pay may be below 0."""
    below: tuple[Field, ...] = ("gross_pay", "commission", "bonus", "deductions")
    problems: dict[Field, str] = {name: "must not be below 0" for name in below if getattr(stated, name) < 0}
    if stated.commission + stated.bonus > stated.gross_pay:
        problems.setdefault("gross_pay", "is less than commission and bonus together, which it contains")
    if stated.net_pay is not None and (due := stated.gross_pay - stated.deductions) != stated.net_pay:
        problems["net_pay"] = f"is not gross less deductions, which is {due}: correct one of them"
    return problems


def _label(cell: str) -> Field | None:
    words = _NOT_LETTERS.sub(" ", cell.lower()).strip()
    return next((name for name, labels in _LABELS.items() if words in labels), None)


def _beside(table: Sequence[Cells]) -> Iterator[tuple[Field, str]]:
    """Yield what stands right of a label, in a row with one label."""
    for row in table:
        labels = [(place, name) for place, cell in enumerate(row) if (name := _label(cell))]
        filled = [cell for cell in row[labels[0][0] + 1 :] if cell] if len(labels) == 1 else []
        if filled:
            yield from ((labels[0][1], cell) for cell in filled)


def _below(table: Sequence[Cells]) -> Iterator[tuple[Field, str]]:
    """Yield what stands below labels, in a row with several, down to the next empty row or row of labels."""
    headings: dict[int, Field] = {}
    for row in table:
        labels = {place: name for place, cell in enumerate(row) if (name := _label(cell))}
        if len(labels) > 1:
            headings = labels
        elif labels or not any(row):
            headings = {}
        else:
            yield from ((name, row[place]) for place, name in headings.items() if place < len(row) and row[place])


def _amount(name: Field, cells: Sequence[str], digits: int) -> Amount:
    if not cells:
        return Amount(None, "is not in the file")
    values = {read_amount(cell, digits) for cell in cells}
    if None in values:
        return Amount(None, "is not written so that it could only mean one amount")
    if name == "deductions":
        values = {abs(value) for value in values if value is not None}  # taken off, with or without a minus
    if len(values) > 1:
        return Amount(None, "stands in the file with different amounts")
    return Amount(values.pop())
