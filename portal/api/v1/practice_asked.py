"""Whose work and pay is asked for: never anybody's whom the caller is not linked to."""

from __future__ import annotations

from flask import abort, g

from portal.analytics.periods import DateRange
from portal.api.v1.asked import Reach, currency_of
from portal.api.v1.practice_parameters import PracticeQuery
from portal.queries.providers import provider_keys
from portal.queries.workload import WorkFilter
from portal.security import current_providers


def work_asked(query: PracticeQuery, days: DateRange, here: Reach) -> WorkFilter:
    """Return the work of ``days`` by the caller's providers, or by the one that is asked for; 404 if it is not among them."""
    keys = provider_keys(here.marts, current_providers(), query.provider_id)
    if query.provider_id is not None and not keys:
        g.denied = True
        abort(404, "There is no such provider among yours.")
    return WorkFilter(days, currency_of(query, here.currencies), keys)
