"""Definitions of the figures, as published with the build."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

_ALL = text("select metric, label, formula, unit, exclusions, model from metric_definitions order by metric")


@dataclass(frozen=True)
class Definition:
    """What a figure is: shown beside it on every page."""

    metric: str
    label: str
    formula: str
    unit: str
    exclusions: str | None
    model: str


def definitions(marts: Connection) -> list[Definition]:
    """Return every definition of the live build."""
    return [Definition(**row) for row in marts.execute(_ALL).mappings()]
