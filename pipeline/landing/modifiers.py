"""Modifiers: codes on a charge (``P3,QK``), and what a compensation plan gives for them (``P3=1,QK=x0.5``).

Both land in one normal form, so that the warehouse compares codes and reads numbers without guessing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from pipeline.landing.values import Mask, Parsed, present, some

MOST_CODES = 10
"""Codes on one charge; claim forms have room for four."""
MOST_TERMS = 40
"""Terms of one plan."""
MOST_FACTORS = 6
"""Terms of a plan that multiply."""

# Codes on claims have two characters, and those of a house seldom more; longer ones are words, which may name somebody.
_CODE = re.compile(r"[A-Z0-9]{1,4}", re.ASCII)
_TERM = re.compile(r"([A-Z0-9]{1,4})=(X?)([0-9]{1,3})(?:\.([0-9]{1,3}))?", re.ASCII)
_REASON = "invalid_modifiers"
_Reader = Callable[[str], "str | None"]


def parse_modifiers(text: pa.Array, of_plan: bool) -> Parsed:
    """Read the modifiers of charges or, if ``of_plan``, of plans. Reason: ``invalid_modifiers``."""
    read: _Reader = _terms if of_plan else _codes
    distinct = text.dictionary_encode()
    known = [None if value is None else read(value) for value in distinct.dictionary.to_pylist()]
    values = pa.array(known, pa.large_string()).take(distinct.indices)
    wrong: Mask = np.asarray(present(text) & ~present(values), dtype=bool)
    return Parsed(values, some({_REASON: wrong}))


def _codes(text: str) -> str | None:
    """``p3 / qk`` becomes ``P3,QK``: every code once, in order; null if one is none, or there are too many."""
    codes = sorted({code for code in re.split(r"[\s,;:/|+-]+", text.upper()) if code})
    readable = 0 < len(codes) <= MOST_CODES and all(_CODE.fullmatch(code) for code in codes)
    return ",".join(codes) if readable else None


def _terms(text: str) -> str | None:
    """``qk = x0.50; p3 = 1`` becomes ``P3=1,QK=x0.5``; null if a term cannot be read or a code stands twice."""
    terms = [_TERM.fullmatch(re.sub(r"\s", "", term)) for term in re.split(r"[,;]", text.upper()) if term.strip()]
    read = {term[1]: _term(term) for term in terms if term}
    factors = [term for term in read.values() if "=x" in term]
    is_readable = 0 < len(read) == len(terms) <= MOST_TERMS and len(factors) <= MOST_FACTORS
    return ",".join(read[code] for code in sorted(read)) if is_readable else None


def _term(term: re.Match[str]) -> str:
    code, times, whole, decimals = term.groups()
    digits = (decimals or "").rstrip("0")
    return f"{code}={times.lower()}{int(whole)}" + (f".{digits}" if digits else "")
