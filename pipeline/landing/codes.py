"""Columns where codes belong and people type words: what is no code there may name a patient, and does not land.

A code is what a list of ours knows, what looks like one, or what the mapping itself says (``ColumnFormat.codes``). Anything else
becomes ``other``, nothing, or the row's id, and is counted: the row and its money stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.landing.values import MAIL, Mask, present
from warehouse.canonical import Column
from warehouse.code_words import known_words, words_of

# CO-45, PR 1, A1, N130, CO-A1: letters before and digits behind, and never so many that a number of a person is among them.
_DENIAL_CODE = re.compile(r"(?:[A-Za-z]{1,3}[ :/_-]?)?[A-Za-z]{0,2}[0-9]{1,4}[A-Za-z]?", re.ASCII)
_PROCEDURE = re.compile(r"(?=.*[0-9])[A-Za-z0-9]{1,8}(?:[-.][A-Za-z0-9]{1,6})?|[0-9]{6,18}", re.ASCII)
_SHORT = re.compile(r"\S{1,10}")
_RATE = re.compile(r"[,;|/% ]|[0-9]{1,3}(?:\.[0-9]{0,4})?|\.[0-9]{1,4}", re.ASCII)
_RATES = re.compile(r"([,;|/% ])")
# What a name of a hospital or a person at work never has: a mail address, a date, a number that is dialled.
_PERSONAL = re.compile(rf"{MAIL}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|(?<!\d)\d{{3}}[-. ]\d{{4}}(?!\d)")
_DIALLED = re.compile(r"[+(]?\d(?:[\s().+/-]{0,2}\d){8,}")


def withhold(column: Column, text: pa.Array, said: Collection[str], instead: pa.Array) -> tuple[pa.Array, Mask]:
    """Return a code column without what is no code in it, and the rows in which that was so.

    Args:
        column: a column with a ``code``.
        text: its values.
        said: texts that the mapping itself puts there.
        instead: what stands in place of a name that is none: the row's id.
    """
    distinct = text.dictionary_encode()
    known = [None if value is None else _coded(column, value, said) for value in distinct.dictionary.to_pylist()]
    changed = [new != old for new, old in zip(known, distinct.dictionary.to_pylist(), strict=True)]
    values = pa.array(known, pa.large_string()).take(distinct.indices)
    rows: Mask = np.zeros(len(text), dtype=bool)
    if any(changed):
        flags = pa.array(changed, pa.bool_()).take(distinct.indices)
        rows = np.asarray(flags.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
    if column.code == "name" and rows.any():
        values = pc.if_else(pa.array(rows & ~present(values)), instead, values)
    return values, rows


def _coded(column: Column, text: str, said: Collection[str]) -> str | None:
    if text in said:
        return text
    if column.code == "rates":
        return "".join(part if _RATE.fullmatch(part) else "?" for part in _RATES.split(text) if part)
    is_code, other = _KINDS[column.code or "words"]
    return text if is_code(text) else other


def _is_category(text: str) -> bool:
    return text.strip().lower().replace(" ", "_").replace("-", "_") in _CATEGORIES


def _is_no_person(text: str) -> bool:
    dialled = (found.group() for found in _DIALLED.finditer(text))
    return not _PERSONAL.search(text) and all(number.lstrip("(").isdigit() for number in dialled)


_CATEGORIES = known_words("category")
_is_denial_word = words_of("denial")

_KINDS: dict[str, tuple[Callable[[str], bool], str | None]] = {
    "method": (words_of("method"), "other"),
    "appointment": (words_of("appointment"), "other"),
    "category": (_is_category, "OTHER"),
    "denial": (lambda text: bool(_DENIAL_CODE.fullmatch(text)) or _is_denial_word(text), "OTHER"),
    "procedure": (lambda text: bool(_PROCEDURE.fullmatch(text)) and _is_no_person(text), "OTHER"),
    "short": (lambda text: bool(_SHORT.fullmatch(text)) and _is_no_person(text), None),
    "name": (_is_no_person, None),
    "words": (_is_no_person, None),
}
"""What is a code of each kind, and what stands in place of what is none."""
