"""What is wrong with a parameter, in words for people: pydantic's own speak of types and inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "missing": "is required",
    "literal_error": "is none of the choices: it is one of {expected}",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number with fewer digits",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "is not written as it should be: the pattern is {pattern}",
}
_PATTERNS = {"^[A-Z]{3}$": "must be a currency's three letters, such as USD"}


def worded(problem: Mapping[str, Any], unknown: str) -> str:
    """Return what is wrong with one parameter, to stand behind its name.

    Args:
        problem: one of the ``errors()`` of a ``ValidationError``.
        unknown: what is said of a parameter that there is not.
    """
    if problem["type"] == "extra_forbidden":
        return unknown
    context = problem.get("ctx", {})
    words = _WORDS.get(problem["type"])
    plain = words.format(**context) if words else str(problem["msg"])
    return _PATTERNS.get(context.get("pattern", ""), plain)
