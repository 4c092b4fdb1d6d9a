"""What a provider's cases usually bring: the yardstick for a case that was not billed, or billed for an unusual amount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from statistics import median

from portal.analytics.cases import BilledCase

_ENOUGH_PAID = 3
_ENOUGH_BILLED = 5  # from here on one odd case does not move the median
_Codes = frozenset[str]


@dataclass(frozen=True)
class Expected:
    """An amount that is usual, and in words of which and how many cases it is the median."""

    amount: Decimal
    count: int
    basis: str


class History:
    """The standing cases of providers, by the codes that they have."""

    def __init__(self, billed: Sequence[BilledCase]) -> None:
        """Sort ``billed``; reversed cases brought nothing and are left out."""
        self._paid: dict[tuple[str, _Codes], list[Decimal]] = defaultdict(list)
        self._paid_with: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
        self._paid_all: dict[str, list[Decimal]] = defaultdict(list)
        self._billed: dict[tuple[str, _Codes], list[Decimal]] = defaultdict(list)
        for case in billed:
            if not case.is_reversed:
                self._add(case)
        self.calculate_expected_income = lru_cache(maxsize=None)(self._income)
        self.usually_billed = lru_cache(maxsize=None)(self._usual)

    def _add(self, case: BilledCase) -> None:
        codes = code_set(case.codes)
        self._billed[case.provider, codes].append(case.billed)
        if case.paid > 0:
            self._paid[case.provider, codes].append(case.paid)
            self._paid_all[case.provider].append(case.paid)
            for code in codes:
                self._paid_with[case.provider, code].append(case.paid)

    def _income(self, provider: str, codes: _Codes) -> Expected | None:
        """Return what a case of these codes is usually paid: as cases with the same codes, else with one of them, else as all."""
        same = self._paid.get((provider, codes), [])
        if codes and len(same) >= _ENOUGH_PAID:
            return Expected(median(same), len(same), f"median of {len(same)} paid cases with {' '.join(sorted(codes))}")
        by_code = [(len(found), code) for code in codes if (found := self._paid_with.get((provider, code), []))]
        count, code = max(by_code, default=(0, ""))
        if count >= _ENOUGH_PAID:
            return Expected(
                median(self._paid_with[provider, code]), count, f"median of {count} paid cases that have {code}"
            )
        every = self._paid_all.get(provider, [])
        if not every:
            return None
        return Expected(median(every), len(every), f"median of all {len(every)} paid cases")

    def _usual(self, provider: str, codes: _Codes, spread: Decimal) -> Expected | None:
        """Return what is usually billed for these codes, None where few are known or most are off by ``spread``."""
        found = self._billed.get((provider, codes), [])
        if not codes or len(found) < _ENOUGH_BILLED:
            return None
        usual = median(found)
        near = sum(1 for amount in found if abs(amount - usual) <= spread * usual)
        if usual <= 0 or near * 2 < len(found):
            return None
        return Expected(usual, len(found), f"median of {len(found)} cases with {' '.join(sorted(codes))}")


def code_set(codes: Sequence[str]) -> _Codes:
    """Return codes as they are compared."""
    return frozenset(code.strip().upper() for code in codes if code.strip())
