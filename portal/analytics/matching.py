"""Logged cases against billed ones: which was billed, which was not, what was billed that nobody logged.

A pure function. What a person decided stands; then the same ticket decides; then date, codes and a ticket nearly the same.
A billed case is given to one logged case at most, and what could be given in several ways is not guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from portal.analytics.cases import (
    Ambiguous,
    Audited,
    BilledCase,
    Decision,
    Kind,
    Limits,
    LoggedCase,
    Match,
    Matching,
    Missing,
    Possible,
)
from portal.analytics.match_assignment import settle
from portal.analytics.match_evidence import Evidence, evidence, joined, reason, score
from portal.analytics.split_charges import SAME_TICKET_DAYS, is_incomplete, is_split, split_parts

_TICKET_DAYS = 366  # within which the same ticket is looked for
_FLOOR = 0.02  # of a pair's weight: evidence above what is accepted counts, so that one good pair beats two poor ones
_POSSIBLE_DAYS = 14
_MOST_POSSIBLE = 3


def match(audited: Audited) -> Matching:
    """Return every logged and every billed case of ``audited`` in exactly one list, the same whatever their order.

    Raises:
        ValueError: if two logged or two billed cases have the same key.
    """
    desk = _Desk.of(audited)
    desk.decide()
    desk.pair("exact", desk.pairs_of_ticket())
    desk.join_parts(same_ticket=True)
    desk.pair("likely", desk.pairs_of_days())
    desk.join_parts(same_ticket=False)
    return desk.result(audited)


@dataclass
class _Desk:
    """Cases in a fixed order, those that are still free, and what was found."""

    logged: list[LoggedCase]
    billed: list[BilledCase]
    limits: Limits
    decisions: Sequence[Decision]
    left: list[Evidence]
    right: list[Evidence]
    free_left: set[int]
    free_right: set[int]
    apart: set[tuple[int, int]] = field(default_factory=set)
    found: dict[int, tuple[tuple[int, ...], Kind]] = field(default_factory=dict)
    unclear: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)

    @classmethod
    def of(cls, audited: Audited) -> _Desk:
        logged = sorted(audited.logged, key=lambda case: (case.provider, case.case_date, case.key))
        billed = sorted(audited.billed, key=lambda case: (case.provider, case.case_date, case.key))
        for name, cases in (("logged", logged), ("billed", billed)):
            if len({case.key for case in cases}) != len(cases):
                raise ValueError(f"Two {name} cases have the same key.")
        standing = {place for place, case in enumerate(billed) if not case.is_reversed}
        return cls(
            logged, billed, audited.limits, audited.decisions, [evidence(case) for case in logged],
            [evidence(case) for case in billed], set(range(len(logged))), standing,
        )  # fmt: skip

    def decide(self) -> None:
        """Let what people decided stand; a decision about a case that is gone decides nothing."""
        lefts = {case.key: place for place, case in enumerate(self.logged)}
        rights = {case.key: place for place, case in enumerate(self.billed)}
        for said in sorted(self.decisions, key=lambda one: (one.logged, one.kind, one.billed)):
            left = lefts.get(said.logged)
            named = tuple(rights[key] for key in sorted(said.billed) if key in rights)
            if left is None:
                continue
            if said.kind == "split":
                self.apart.update((left, right) for right in named)
            elif left in self.free_left and (parts := tuple(right for right in named if right in self.free_right)):
                self._take(left, parts, "confirmed")

    def pairs_of_ticket(self) -> Iterator[tuple[int, int]]:
        """Yield free cases of a provider that have the same ticket."""
        places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for right in self.free_right:
            if self.right[right].ticket:
                places[self.billed[right].provider, self.right[right].ticket].append(right)
        for left in self.free_left:
            for right in places.get((self.logged[left].provider, self.left[left].ticket), ()):
                if abs((self.left[left].day - self.right[right].day).days) <= _TICKET_DAYS:
                    yield left, right

    def pairs_of_days(self, days: int | None = None) -> Iterator[tuple[int, int]]:
        """Yield free cases of a provider whose days lie near each other."""
        reach = self.limits.days if days is None else days
        places = self._free_by_day()
        for left in self.free_left:
            day = self.left[left].day.toordinal()
            for near in range(day - reach, day + reach + 1):
                for right in places.get((self.logged[left].provider, near), ()):
                    yield left, right

    def pair(self, kind: Kind, pairs: Iterable[tuple[int, int]]) -> None:
        """Settle which of ``pairs`` are matches; what is unclear is taken out, and no longer free."""
        accept = self.limits.accept
        weights = {
            pair: value - accept + _FLOOR
            for pair in pairs
            if pair not in self.apart and (value := score(self.left[pair[0]], self.right[pair[1]])) >= accept
        }
        settled = settle(weights, self.limits.margin)
        for left, right in settled.pairs:
            self._take(left, (right,), kind)
        for lefts, rights in settled.unclear:
            if len(lefts) == 1 and is_split(self.left[lefts[0]], [self.right[right] for right in rights]):
                self._take(lefts[0], rights, kind)
                continue
            self.unclear.append((lefts, rights))
            self.free_left.difference_update(lefts)
            self.free_right.difference_update(rights)

    def join_parts(self, *, same_ticket: bool) -> None:
        """Give matches the rest of their charges, where it stands on another ticket or day and nobody else wants it."""
        places = self._free_by_day()
        claims: dict[int, list[int]] = defaultdict(list)
        for left, (parts, kind) in self.found.items():
            matched = [self.right[right] for right in parts]
            if kind == "confirmed" or not is_incomplete(self.left[left], matched):
                continue
            day = self.left[left].day.toordinal()
            near = [
                right
                for one in range(day - SAME_TICKET_DAYS, day + SAME_TICKET_DAYS + 1)
                for right in places.get((self.logged[left].provider, one), ())
                if (left, right) not in self.apart
            ]
            free = {right: self.right[right] for right in near}
            for right in split_parts(self.left[left], matched, free, 0 if same_ticket else self.limits.days):
                claims[right].append(left)
        for right, lefts in claims.items():
            if len(lefts) == 1:
                before, kind = self.found[lefts[0]]
                self._take(lefts[0], (*before, right), kind)

    def _free_by_day(self) -> dict[tuple[str, int], list[int]]:
        places: dict[tuple[str, int], list[int]] = defaultdict(list)
        for right in sorted(self.free_right):
            places[self.billed[right].provider, self.right[right].day.toordinal()].append(right)
        return places

    def result(self, audited: Audited) -> Matching:
        """Return what was found, each case in one list."""
        possible = self._possible()
        rest = [self.billed[right] for right in sorted(self.free_right)]
        return Matching(
            matches=tuple(self._match(left) for left in sorted(self.found)),
            missing=tuple(self._missing(left, possible.get(left, [])) for left in sorted(self.free_left)),
            unexpected=tuple(case for case in rest if audited.covers(case)),
            ambiguous=tuple(self._ambiguous(lefts, rights) for lefts, rights in sorted(self.unclear)),
            reversed=tuple(case for case in self.billed if case.is_reversed),
            outside=tuple(case for case in rest if not audited.covers(case)),
        )

    def _take(self, left: int, parts: tuple[int, ...], kind: Kind) -> None:
        self.found[left] = (tuple(sorted(parts)), kind)
        self.free_left.discard(left)
        self.free_right.difference_update(parts)

    def _match(self, left: int) -> Match:
        parts, kind = self.found[left]
        cases = tuple(self.billed[right] for right in parts)
        whole = joined([self.right[right] for right in parts], self.left[left].day, self.left[left].ticket)
        words = reason(self.left[left], whole)
        if len(parts) > 1:
            words = f"charges split over {len(parts)} tickets or days: {words}"
        if kind == "confirmed":
            return Match(self.logged[left], cases, kind, Decimal(1), f"confirmed by a person: {words}")
        return Match(self.logged[left], cases, kind, _shown(score(self.left[left], whole)), words)

    def _missing(self, left: int, possible: list[tuple[float, int]]) -> Missing:
        case, own = self.logged[left], self.left[left]
        nearest = sorted(possible, key=lambda one: (-one[0], one[1]))[:_MOST_POSSIBLE]
        shown = tuple(
            Possible(self.billed[right], _shown(value), reason(own, self.right[right])) for value, right in nearest
        )
        if own.ticket and (case.provider, own.ticket) in self._taken_back:
            return Missing(case, "it was billed and taken back", shown)
        return Missing(case, "what comes nearest is not sure enough" if shown else "no charge comes near it", shown)

    @cached_property
    def _taken_back(self) -> set[tuple[str, str]]:
        return {(case.provider, self.right[at].ticket) for at, case in enumerate(self.billed) if case.is_reversed}

    def _possible(self) -> dict[int, list[tuple[float, int]]]:
        found: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for left, right in {*self.pairs_of_ticket(), *self.pairs_of_days(_POSSIBLE_DAYS)} - self.apart:
            value = score(self.left[left], self.right[right])
            if value >= self.limits.suggest:
                found[left].append((value, right))
        return found

    def _ambiguous(self, lefts: tuple[int, ...], rights: tuple[int, ...]) -> Ambiguous:
        words = f"{len(lefts)} logged, {len(rights)} billed, alike"
        if len(lefts) == len(rights):
            words += ": as many billed as logged, but which is which cannot be told"
        return Ambiguous(
            tuple(self.logged[left] for left in lefts), tuple(self.billed[right] for right in rights), words
        )


def _shown(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
