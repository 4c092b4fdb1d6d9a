"""Columns of text as arrow arrays, and what parsing one gives: typed values, and which rows failed for which reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_LONGEST_ID = 200
_LONGEST_TEXT = 2000
_LONGEST_SHAPE = 24
# In an id also what nobody sees (C1 controls, zero width, direction marks, byte order marks): it would make two of one.
_CONTROL = r"[\x00-\x1f\x7f-\x{9f}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}\x{2066}-\x{2069}\x{feff}]"
_CONTROL_BUT_LAYOUT = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
SSN = r"[0-9]{3}-[0-9]{2}-[0-9]{4}"
_PERSONAL_ID = rf"^{SSN}$|{MAIL}"
_BOOLEANS = {"true": True, "t": True, "yes": True, "y": True, "1": True}
_BOOLEANS |= {"false": False, "f": False, "no": False, "n": False, "0": False}


@dataclass(frozen=True)
class Parsed:
    """Typed values (null where a row failed or was empty) and, by reason, the rows that failed."""

    values: pa.Array
    problems: dict[str, Mask] = field(default_factory=dict)


def column_text(frame: pd.DataFrame, name: str, default: str | None = None) -> pa.Array:
    """Return a column of a chunk as text without surrounding blanks; empty text and a missing column are null.

    Args:
        frame: the chunk's rows, text or None.
        name: canonical column.
        default: what stands for a missing value.
    """
    if name not in frame.columns:
        array = pa.nulls(len(frame), pa.large_string())
    else:
        array = pc.utf8_trim_whitespace(_arrow(frame[name]))
        array = pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.large_string()), array)
    return array if default is None else array.fill_null(default)


def _arrow(series: pd.Series[Any]) -> pa.Array:
    try:
        array = pa.array(series, pa.large_string(), from_pandas=True)
    except UnicodeEncodeError:  # half a surrogate pair: no text; NUL makes the row fail as invalid text
        whole = series.map(lambda text: text.encode("utf-8", "replace").decode() + "\0" if _broken(text) else text)
        array = pa.array(whole, pa.large_string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _broken(text: object) -> bool:
    return isinstance(text, str) and any("\ud800" <= character <= "\udfff" for character in text)


def as_mask(array: pa.Array) -> Mask:
    """Return a boolean arrow array as a numpy mask; null is False."""
    return np.asarray(array.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def matches(text: pa.Array, pattern: str) -> Mask:
    """Return which rows match a regular expression (RE2 syntax)."""
    return as_mask(pc.match_substring_regex(text, pattern))


def present(array: pa.Array) -> Mask:
    """Return which rows are not null."""
    return np.asarray(array.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


def without(array: pa.Array, rows: Mask) -> pa.Array:
    """Return the array with nulls in ``rows``."""
    return pc.if_else(pa.array(rows), pa.scalar(None, array.type), array) if rows.any() else array


def put(array: pa.Array, rows: Mask, replacement: pa.Array) -> pa.Array:
    """Return the array with ``replacement`` (one value for each True) in ``rows``."""
    return pc.replace_with_mask(array, pa.array(rows), replacement)


def some(problems: dict[str, Mask]) -> dict[str, Mask]:
    """Leave out the reasons that no row has."""
    return {reason: rows for reason, rows in problems.items() if rows.any()}


def parse_text(text: pa.Array, is_id: bool) -> Parsed:
    """Check the length of text and that it has no control characters (line breaks and tabs are allowed outside ids).

    An id that is written like a social security number or a mail address would carry it everywhere: it is refused.
    """
    invalid = matches(text, _CONTROL if is_id else _CONTROL_BUT_LAYOUT)
    long = as_mask(pc.greater(pc.utf8_length(text), _LONGEST_ID if is_id else _LONGEST_TEXT))
    personal = (matches(text, _PERSONAL_ID) if is_id else np.zeros(len(text), dtype=bool)) & ~invalid & ~long
    problems = {"invalid_text": invalid, "too_long": long & ~invalid, "looks_like_identity": personal}
    return Parsed(without(text, invalid | long | personal), some(problems))


def parse_choice(text: pa.Array, allowed: tuple[str, ...]) -> Parsed:
    """Match text with a white list, whatever its case; values are in lower case."""
    lower = pc.utf8_lower(text)
    wrong = present(lower) & ~as_mask(pc.is_in(lower, pa.array(allowed, pa.large_string())))
    return Parsed(without(lower, wrong), some({"not_allowed": wrong}))


def parse_boolean(text: pa.Array) -> Parsed:
    """Read true/false, t/f, yes/no, y/n, 1/0, whatever their case."""
    words = pa.array(list(_BOOLEANS), pa.large_string())
    found = pc.index_in(pc.utf8_lower(text), words)
    wrong = present(text) & ~present(found)
    return Parsed(pa.array(list(_BOOLEANS.values())).take(found), some({"invalid_boolean": wrong}))


def shape(value: str) -> str:
    """Return what a text looks like, without its words: ``9`` for a digit, ``a`` for a letter."""
    letters = "".join("9" if c.isdigit() else "a" if c.isalpha() else c if c.isprintable() else "?" for c in value)
    return letters if len(letters) <= _LONGEST_SHAPE else f"{letters[:_LONGEST_SHAPE]}… ({len(value)} characters)"
