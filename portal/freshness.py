"""How fresh and how complete the figures of this request are; the same on every page and in the API."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g

from portal import builds
from portal.builds import Build
from portal.queries import freshness as queries
from portal.queries.freshness import Gates, Quarantined
from portal.security import current_hospitals
from warehouse import jobs

_CACHE = "daybook_freshness"
_CACHED = 256


@dataclass(frozen=True)
class Freshness:
    """Attributes: ``build`` and ``gates`` are None while nothing is published."""

    build: Build | None
    gates: Gates | None
    quarantined: tuple[Quarantined, ...]
    worker_alive: bool

    @property
    def quarantined_rows(self) -> int:
        """How many rows are in quarantine, of all tables."""
        return sum(item.row_count for item in self.quarantined)


def current() -> Freshness:
    """Return the freshness of what this request shows."""
    if "freshness" not in g:
        build = builds.find_live_build()
        gates, quarantined = _of(build) if build else (None, ())
        g.freshness = Freshness(build, gates, quarantined, jobs.worker_alive(builds.reader()))
    return g.freshness


def _of(build: Build) -> tuple[Gates, tuple[Quarantined, ...]]:
    # A published run's gates and quarantine never change: count them once per process.
    cache = current_app.extensions.setdefault(_CACHE, {})
    key = (build.build_id, current_hospitals())
    if key not in cache:
        if len(cache) >= _CACHED:
            cache.clear()
        connection = builds.marts()
        cache[key] = queries.gates(connection, build.run_id), queries.quarantined(connection, build.run_id, key[1])
    return cache[key]
