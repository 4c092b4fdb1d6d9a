"""Waiting times, and whether the targets that the requirements name are met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from scripts.benchmarks.page_visits import Visit


@dataclass(frozen=True)
class Times:
    """Seconds that answers took: the one in the middle, the one that 95 % do not exceed, and the slowest."""

    count: int
    median: float
    most_of_95: float
    slowest: float

    def __str__(self) -> str:
        return f"{_ms(self.median)}{_ms(self.most_of_95)}{_ms(self.slowest)}"


@dataclass(frozen=True)
class Target:
    """A target, by the rows of the requirements that name it; ``is_met`` is None if the size of the data says nothing of it."""

    rows: str
    what: str
    is_met: bool | None
    shown: str

    def __str__(self) -> str:
        verdict = {True: "met", False: "MISSED", None: "not measured"}[self.is_met]
        return f"  {self.rows:<24}{verdict:<14}{self.what}: {self.shown}"


def times(visits: Sequence[Visit]) -> Times:
    """Return the times of some answers, at least one."""
    waited = sorted(visit.seconds for visit in visits)
    return Times(len(waited), waited[(len(waited) - 1) // 2], waited[ceil(len(waited) * 0.95) - 1], waited[-1])


def within(visits: Sequence[Visit], most: float) -> bool:
    """Return whether everything was answered, 95 % of it within ``most`` seconds."""
    return all(visit.is_good for visit in visits) and times(visits).most_of_95 <= most


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:>9,.0f}"
