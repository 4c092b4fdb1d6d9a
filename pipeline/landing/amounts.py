"""Amounts and numbers from text, exactly: digits are checked and rearranged as text, never through a float."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.landing.values import Mask, Parsed, as_mask, matches, present, put, some, without
from pipeline.sources.base import ColumnFormat
from pipeline.sources.values import SPACES

MONEY = pa.decimal128(21, 3)
_NUMBER = pa.decimal128(24, 6)
# A trillion is no amount but a number of something; sums of thousands of amounts fit the 15 digits of the warehouse.
_WHOLE_DIGITS = {MONEY: 12, _NUMBER: 12}
_BIGINT_DIGITS = 18


def parse_money(text: pa.Array, style: ColumnFormat) -> Parsed:
    """Read amounts: at most 12 digits before the decimal mark and three after it (more only if they are zeros).

    Reasons: ``invalid_number``, ``too_precise``, ``out_of_range``.
    """
    return _parse(text, style, MONEY)


def parse_number(text: pa.Array, style: ColumnFormat) -> Parsed:
    """Read numbers of at most 12 digits before the decimal mark and six after it. Reasons as ``parse_money``."""
    return _parse(text, style, _NUMBER)


def parse_integer(text: pa.Array, style: ColumnFormat) -> Parsed:
    """Read whole numbers (decimals only if they are zeros) that a bigint holds. Reasons as ``parse_money``."""
    plain, problems = _normalise(text, style, _BIGINT_DIGITS, 0)
    return Parsed(pc.cast(pc.cast(plain, pa.decimal128(19, 0)), pa.int64()), problems)


def _parse(text: pa.Array, style: ColumnFormat, target: pa.Decimal128Type) -> Parsed:
    plain, problems = _normalise(text, style, _WHOLE_DIGITS[target], target.scale)
    return Parsed(pc.cast(plain, target), problems)


def _normalise(text: pa.Array, style: ColumnFormat, whole: int, decimals: int) -> tuple[pa.Array, dict[str, Mask]]:
    """Return text that casts without loss; most rows already are plain and are left as they stand."""
    exact = rf"^-?[0-9]{{1,{whole}}}" + (rf"(\.[0-9]{{1,{decimals}}})?$" if decimals else "$")
    is_plain = style.decimal == "." and style.thousands != "."
    rest = present(text) & ~matches(text, exact) if is_plain else present(text)
    if not rest.any():
        return text, {}
    fixed, reasons = _rearrange(text.filter(pa.array(rest)), style, whole, decimals)
    problems = {}
    for reason, rows in reasons.items():
        problems[reason] = np.zeros(len(text), dtype=bool)
        problems[reason][rest] = rows
    return put(text, rest, fixed), some(problems)


def _rearrange(text: pa.Array, style: ColumnFormat, whole: int, decimals: int) -> tuple[pa.Array, dict[str, Mask]]:
    valid = matches(text, _pattern(style))
    if style.thousands:
        text = pc.replace_substring_regex(text, f"[{_class(style.thousands)}]", "")
    if style.decimal != ".":
        text = pc.replace_substring(text, style.decimal, ".")
    parts = pc.extract_regex(text, r"^[+]?(?P<sign>-?)0*(?P<whole>[0-9]*)(?:\.(?P<decimals>[0-9]*?)0*)?$")
    before, after = parts.field(1), parts.field(2)
    wide = valid & as_mask(pc.greater(pc.utf8_length(before), whole))
    fine = valid & as_mask(pc.greater(pc.utf8_length(after), decimals))
    before = pc.if_else(pc.equal(before, ""), "0", before)
    after = pc.if_else(pc.equal(after, ""), "0", after) if decimals else None
    pieces = [parts.field(0), before] + ([pa.scalar(".", before.type), after] if after is not None else [])
    joined = pc.binary_join_element_wise(*pieces, pa.scalar("", before.type)).cast(pa.large_string())
    reasons = {"invalid_number": ~valid, "out_of_range": wide, "too_precise": fine}
    return without(joined, ~valid | wide | fine), reasons


def _pattern(style: ColumnFormat) -> str:
    digits = "[0-9]+"
    if style.thousands:
        digits = rf"(?:[0-9]+|[0-9]{{1,3}}(?:[{_class(style.thousands)}][0-9]{{3}})+)"
    mark = re.escape(style.decimal)
    return rf"^[+-]?(?:{digits}(?:{mark}[0-9]*)?|{mark}[0-9]+)$"


def _class(separator: str) -> str:
    return SPACES if separator in SPACES else re.escape(separator)
