"""Which functions of a package run while something is done: what nothing asks is found, without a tool to measure it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def public_functions(package: str) -> set[tuple[str, str]]:
    """Return file and name of every public function of ``package``, a folder of the project."""
    return {
        (str(path.relative_to(ROOT)), node.name)
        for path in (ROOT / package).rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


@contextmanager
def functions_called(package: str) -> Iterator[set[tuple[str, str]]]:
    """Collect file and name of the functions of ``package`` that run in this thread."""
    folder, found, before = str(ROOT / package), set[tuple[str, str]](), sys.getprofile()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(folder):
            found.add((code.co_filename[len(str(ROOT)) + 1 :], code.co_name))

    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)
