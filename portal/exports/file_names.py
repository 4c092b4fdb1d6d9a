"""Names under which files are saved: what is in them may come from a source or an address."""

from __future__ import annotations

import re

_LONGEST = 120
_OTHER = re.compile(r"[^A-Za-z0-9._]+")


def safe_name(text: str) -> str:
    """Return ``text`` as the stem of a file's name for any system: letters, digits, dots and dashes, at most 120.

    It starts and ends with a letter or digit: it is neither hidden nor a way to another folder. ``file`` if nothing is left.
    """
    plain = re.sub(r"-*\.[.-]*\.-*", "-", _OTHER.sub("-", text))
    return plain.strip("-._")[:_LONGEST].rstrip("-._") or "file"
