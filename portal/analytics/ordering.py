"""Sorting lists as their columns are clicked. Pure function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

Row = TypeVar("Row")
Key = Callable[[Any], Any]


def ordered(found: Sequence[Row], sort: str, keys: Mapping[str, Key]) -> list[Row]:
    """Return rows by one of ``keys``; equal ones keep their order, and those without a value are last either way.

    Args:
        found: the rows.
        sort: name of a key, with a minus for the largest first.
        keys: by name, what to sort by; None is no value.
    """
    key, down = keys[sort.removeprefix("-")], sort.startswith("-")
    valued = [(value, row) for row in found if (value := key(row)) is not None]
    rest = [row for row in found if key(row) is None]
    valued.sort(key=lambda pair: pair[0], reverse=down)
    return [row for _, row in valued] + rest
