"""The definitions printed beside the figures, as the build carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.queries.sql import rows


@dataclass(frozen=True)
class Definition:
    """What a figure means: its name, how it is computed, in which unit, and what it leaves out."""

    metric: str
    label: str
    formula: str
    unit: str | None
    exclusions: str | None


def definitions(connection: Connection, metrics: Sequence[str]) -> list[Definition]:
    """Return the definitions of ``metrics``, in that order; those that the build does not know are left out."""
    sql = """
        select metric, label, formula, unit, exclusions
        from metric_definitions where metric = any(:metrics)
        order by array_position(cast(:metrics as text[]), metric)"""
    return rows(connection, sql, {"metrics": list(metrics)}, Definition)
