"""How fresh and how complete the figures of this request are; the same on every page and in the API."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import available_timezones

from flask import current_app, g

from portal import builds
from portal.builds import Build
from portal.queries import freshness as queries
from portal.queries.freshness import Gates, Quarantined
from portal.security import current_hospitals, sees_everything
from warehouse import jobs

_CACHE = "daybook_freshness"
_CACHED = 256


@dataclass(frozen=True)
class Freshness:
    """What stands beside every figure.

    Attributes:
        build: None, like ``gates``, while nothing is published.
        timezone: of the hospitals in scope, if they share one; else UTC. Instants are shown in it.
    """

    build: Build | None
    gates: Gates | None
    quarantined: tuple[Quarantined, ...]
    timezone: str
    worker_alive: bool

    @property
    def quarantined_rows(self) -> int:
        """How many rows are in quarantine, of all tables."""
        return sum(item.row_count for item in self.quarantined)


def current() -> Freshness:
    """Return the freshness of what this request shows."""
    if "freshness" not in g:
        build = builds.find_live_build()
        gates, quarantined, timezone = _of(build) if build else (None, (), "UTC")
        g.freshness = Freshness(build, gates, quarantined, timezone, jobs.worker_alive(builds.reader()))
    return g.freshness


def _of(build: Build) -> tuple[Gates, tuple[Quarantined, ...], str]:
    # A published run's gates and quarantine never change: count them once per process.
    cache = current_app.extensions.setdefault(_CACHE, {})
    key = (build.build_id, current_hospitals(), sees_everything())
    if key not in cache:
        if len(cache) >= _CACHED:
            cache.clear()
        connection = builds.marts()
        zones = queries.timezones(connection, key[1])
        cache[key] = (
            queries.gates(connection, build.run_id),
            queries.quarantined(connection, build.run_id),
            zones[0] if len(zones) == 1 and zones[0] in available_timezones() else "UTC",
        )
    found: tuple[Gates, tuple[Quarantined, ...], str] = cache[key]
    return found
