"""Words that are codes: what a source may say of how a payment was made, what became of a visit, why something was denied."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import yaml

_LONGEST = 40
_MOST_WORDS = 6
_WORDS = yaml.safe_load(Path(__file__).with_name("codes.yml").read_text(encoding="utf-8"))


def known_words(kind: str) -> frozenset[str]:
    """Return the words of a kind (``method``, ``appointment``, ``category``, ``denial``), in lower case."""
    return frozenset(_WORDS[kind].split())


def words_of(kind: str) -> Callable[[str], bool]:
    """Return what tells whether a text has words of a kind and no others: it may stand where a person could be named."""
    words_known = known_words(kind)

    def are_known(text: str) -> bool:
        words = [word for word in re.split(r"[^a-z]+", text.casefold()) if word]
        is_plain = text.isascii() and len(text) <= _LONGEST and not any(character.isdigit() for character in text)
        return is_plain and 0 < len(words) <= _MOST_WORDS and words_known.issuperset(words)

    return are_known
