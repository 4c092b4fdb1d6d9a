"""Case logs and charges of made-up providers with known truth, and the noise of real ones: typos, shifted days, split charges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from portal.analytics.cases import Audited, BilledCase, LoggedCase
from portal.analytics.periods import DateRange

_CODES = ("00790", "00840", "01402", "01967", "00142", "00810")
_EXTRA = ("36620", "76942", "64415")
_START = date(2025, 1, 6)
_CASES_A_DAY = (4, 6, 8, 10)
_CHARACTERS = "0123456789"


@dataclass(frozen=True)
class Noise:
    """Shares of the cases, 0 to 1, that something happens to; several may happen to one.

    Attributes:
        typo: a character of the logged ticket is wrong, left out, doubled or exchanged with its neighbour.
        shifted: the day is logged one to three days off.
        split: two codes are billed on two tickets, or on two days.
        missing: not billed.
        unexpected: not logged.
        no_ticket: logged without a ticket.
        no_codes: logged without codes.
        partial_codes: only the main code is logged.
    """

    typo: float = 0.08
    shifted: float = 0.05
    split: float = 0.04
    missing: float = 0.03
    unexpected: float = 0.03
    no_ticket: float = 0.02
    no_codes: float = 0.05
    partial_codes: float = 0.05

    def times(self, factor: float) -> Noise:
        """Return ``factor`` times as much of everything."""
        return Noise(**{name: share * factor for name, share in vars(self).items()})


@dataclass(frozen=True)
class Labelled:
    """Cases to compare, and the truth: which logged case is which billed one, each part of a split one a pair of its own."""

    audited: Audited
    truth: frozenset[tuple[str, str]]


def labelled_cases(seed: int, count: int, noise: Noise) -> Labelled:
    """Return about ``count`` cases of three providers, several of a day and code, with ``noise``; the same for the same seed."""
    rng = Random(f"{seed}/{count}")
    logged: list[LoggedCase] = []
    billed: list[BilledCase] = []
    truth: set[tuple[str, str]] = set()
    number, day = 100_000 + rng.randrange(100_000), _START
    while len(logged) < count:
        for provider in ("P1", "P2", "P3"):
            for _ in range(rng.choice(_CASES_A_DAY)):
                number += rng.randrange(1, 6)
                case = _case(rng, f"TK{number}", provider, day)
                for part in _billed(rng, case, noise):
                    billed.append(part)
                    truth.add((case.key, part.key))
                if rng.random() >= noise.unexpected:
                    logged.append(_written_down(rng, case, noise))
        day += timedelta(days=1 if day.weekday() < 4 else 3)
    kept = {case.key for case in logged}
    covered = {provider: [DateRange(_START, day)] for provider in ("P1", "P2", "P3")}
    shuffled = rng.sample(logged, len(logged)), rng.sample(billed, len(billed))
    return Labelled(
        Audited(*shuffled, covered=covered), frozenset((left, right) for left, right in truth if left in kept)
    )


def _case(rng: Random, ticket: str, provider: str, day: date) -> LoggedCase:
    codes = (rng.choice(_CODES), *([rng.choice(_EXTRA)] if rng.random() < 0.3 else []))
    return LoggedCase(f"L-{ticket}", provider, day, ticket, codes, Decimal(rng.randrange(15, 240)))


def _billed(rng: Random, case: LoggedCase, noise: Noise) -> Sequence[BilledCase]:
    if rng.random() < noise.missing:
        return ()
    ticket, amount = case.ticket or "", Decimal(rng.randrange(20_000, 90_000)) / 100
    whole = BilledCase(
        f"B-{ticket}", case.provider, case.case_date, ticket, case.codes, case.minutes, amount, amount / 2
    )
    if len(case.codes) == 1 or rng.random() >= noise.split * 3:  # a third of the cases can be split at all
        return (whole,)
    first, second = case.codes
    part = replace(whole, key=f"B2-{ticket}", codes=(second,), minutes=None)
    if rng.random() < 0.5:
        return replace(whole, codes=(first,)), replace(part, ticket=f"{ticket}9")
    return replace(whole, codes=(first,)), replace(part, case_date=case.case_date + timedelta(days=1))


def _written_down(rng: Random, case: LoggedCase, noise: Noise) -> LoggedCase:
    if rng.random() < noise.typo and case.ticket:
        case = replace(case, ticket=_typo(rng, case.ticket))
    if rng.random() < noise.shifted:
        case = replace(case, case_date=case.case_date + timedelta(days=rng.choice((-3, -2, -1, 1, 2, 3))))
    if rng.random() < noise.no_ticket:
        case = replace(case, ticket=None)
    if rng.random() < noise.no_codes:
        case = replace(case, codes=())
    elif rng.random() < noise.partial_codes:
        case = replace(case, codes=case.codes[:1])
    return case if rng.random() < 0.5 else replace(case, minutes=None)


def _typo(rng: Random, ticket: str) -> str:
    place = rng.randrange(2, len(ticket) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return ticket[:place] + rng.choice(_CHARACTERS.replace(ticket[place], "")) + ticket[place + 1 :]
    if kind == 1:
        return ticket[:place] + ticket[place + 1 :]
    if kind == 2:
        return ticket[:place] + ticket[place] + ticket[place:]
    return ticket[:place] + ticket[place + 1] + ticket[place] + ticket[place + 2 :]
