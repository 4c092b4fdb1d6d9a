"""Charges of one case that stand on several tickets or days: parts whose codes are different pieces of what was logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.analytics.match_evidence import Evidence, ticket_value

SAME_TICKET_DAYS = 31
"""By how many days the parts of one case may lie apart, if they have the same ticket."""


def is_split(logged: Evidence, parts: Sequence[Evidence]) -> bool:
    """Return whether ``parts`` are pieces of the logged case: each has some of its codes, and none has another's."""
    pieces = [part.codes for part in parts]
    together = frozenset[str]().union(*pieces)
    return all(pieces) and together <= logged.codes and sum(map(len, pieces)) == len(together)


def is_incomplete(logged: Evidence, matched: Sequence[Evidence]) -> bool:
    """Return whether some of the logged codes are not billed yet."""
    return bool(logged.codes.difference(*(part.codes for part in matched)))


def split_parts(
    logged: Evidence, matched: Sequence[Evidence], free: Mapping[int, Evidence], days: int
) -> tuple[int, ...]:
    """Return which of the free billed cases are the rest of a logged case, of which ``matched`` were found already.

    Their codes are logged and not billed yet, and each code is offered once: two that offer the same one are both left alone.
    They are of the same ticket; or, unless ``days`` is 0, of the same day, or of nearly the same ticket within ``days``.
    """
    rest = logged.codes.difference(*(part.codes for part in matched))
    fitting = [
        place
        for place, part in free.items()
        if part.codes and part.codes <= rest and _is_near(logged, matched, part, days)
    ]
    return tuple(
        place
        for place in fitting
        if not any(other != place and free[other].codes & free[place].codes for other in fitting)
    )


def _is_near(logged: Evidence, matched: Sequence[Evidence], part: Evidence, days: int) -> bool:
    apart = abs((logged.day - part.day).days)
    alike = max(ticket_value(one.ticket, part.ticket) or 0.0 for one in (logged, *matched))
    if alike == 1.0:
        return apart <= SAME_TICKET_DAYS
    return days > 0 and (apart == 0 or (apart <= days and alike > 0))
