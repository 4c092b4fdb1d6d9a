"""Which public functions of ``portal.queries`` run while something else does, by their names without the package's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

QUERIES = Path(__file__).resolve().parents[3] / "portal" / "queries"


@contextmanager
def called() -> Iterator[set[str]]:
    """Collect the names of what is called in this thread, as ``aging.aging_page`` or ``figures.rows.figure_sum``.

    SQL of figures is put together when the portal starts: of a function that returns a function, calling what it returned
    counts too.
    """
    found: set[str] = set()
    names: dict[CodeType, str | None] = {}

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            code = frame.f_code
            if code not in names:
                names[code] = _name(code)
            if name := names[code]:
                found.add(name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


def _name(code: CodeType) -> str | None:
    path = Path(code.co_filename)
    if not path.is_relative_to(QUERIES):
        return None
    module = ".".join(path.relative_to(QUERIES).with_suffix("").parts)
    return f"{module}.{code.co_qualname.split('.<locals>')[0]}"
