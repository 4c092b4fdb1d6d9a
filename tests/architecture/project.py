"""The project's own files, as the conventions see them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_GENERATED = {
    ".git", ".venv", ".daybook", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache",
    "__pycache__", "node_modules", "target", "logs", "build", "dist",
}  # fmt: skip
_THIRD_PARTY = {"portal/static/vendor"}


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """Return the project's files with one of ``suffixes`` (all without one), relative to the root."""
    found: list[Path] = []
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            name = path.relative_to(ROOT).as_posix()
            if path.name in _GENERATED or path.name.endswith(".egg-info") or name in _THIRD_PARTY or path.is_symlink():
                continue
            if path.is_dir():
                folders.append(path)
            elif not suffixes or path.suffix in suffixes:
                found.append(path.relative_to(ROOT))
    return tuple(sorted(found))


def text(path: Path) -> str:
    """Return the text of a file of the project."""
    return (ROOT / path).read_text(encoding="utf-8")


def is_test(path: Path) -> bool:
    """Return whether a file belongs to the tests."""
    return path.parts[0] == "tests"
