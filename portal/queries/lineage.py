"""What a mart is made from, down to the rows as the source gave them, as dbt knew it when the build was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.queries.sql import rows

_UPSTREAM = """
    with recursive upstream (model) as (
        select model from model_lineage where model = any(:models)
        union
        select trim(parent)
        from upstream
        inner join model_lineage using (model)
        cross join lateral unnest(string_to_array(reads, ',')) as parents (parent)
    )
    select model, layer, description, array_remove(string_to_array(reads, ', '), '') as reads
    from upstream inner join model_lineage using (model)
    order by array_position(array['marts', 'intermediate', 'staging', 'seed', 'source'], layer), model"""


@dataclass(frozen=True)
class LineageStep:
    """A model, a seed or a source table: its layer, what it holds, and the names of what it reads."""

    model: str
    layer: str
    description: str
    reads: list[str]


def lineage(marts: Connection, models: Sequence[str]) -> list[LineageStep]:
    """Return ``models`` and all that they are made from, layer by layer down to the source."""
    return rows(marts, _UPSTREAM, {"models": list(models)}, LineageStep)
