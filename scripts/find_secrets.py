"""Looks for keys, tokens and passwords in the project's files: ``python -m scripts.find_secrets [FILE …]``. Needs no network.

A line that only looks like one says so: ``pragma: allowlist secret`` in a comment of it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from detect_secrets.core import scan
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent
# Hashes of packages, others' scripts, words that everybody tries, and pictures.
_SKIPPED = ("requirements", "portal/static/vendor/", "portal/data/breached_passwords.txt")
_BINARY = {".png", ".ico", ".pdf", ".xlsx", ".parquet", ".gz", ".ttf", ".woff2", ".db"}
# Assignments to anything that is called a password: tests are full of them, and they are what is tried there.
_BY_NAME = "KeywordDetector"
# An address of a network and a number written in hexadecimal are no secrets, and there are many.
_NOT_USED = {"IPPublicDetector"}
_FILTERS = [
    {"path": f"detect_secrets.filters.{name}"}
    for name in (
        "allowlist.is_line_allowlisted", "heuristic.is_indirect_reference", "heuristic.is_likely_id_string",
        "heuristic.is_not_alphanumeric_string", "heuristic.is_potential_uuid", "heuristic.is_prefixed_with_dollar_sign",
        "heuristic.is_sequential_string", "heuristic.is_templated_secret",
    )
]  # fmt: skip
# What these two kinds take for a password is a name or an example if it is a word of one kind of letters, an address of a page, a
# sentence, or too short.
_GUESSED = {"Secret Keyword", "Basic Auth Credentials"}
_WORD = re.compile(r"[a-z/_.-]*|[A-Z_]*|\{.*|.* .*|.{0,7}")


def main(names: list[str]) -> int:
    """Look into ``names``, or all files of the project; print what is found and return the exit code."""
    paths = [Path(name) for name in names] or list(project_files())
    half = len(paths) // 2
    with ProcessPoolExecutor(2) as pool:
        found = [line for part in pool.map(findings, (paths[:half], paths[half:])) for line in part]
    print("\n".join(found) or "no secrets")
    if found:
        print("Take it out and change it wherever it is valid: what was committed once is known.")
    return 1 if found else 0


def findings(paths: Sequence[Path]) -> list[str]:
    """Return place and kind of what looks like a secret in ``paths``; never the secret itself."""
    found: list[str] = []
    tests = {path for path in paths if "tests" in path.parts}
    for group, by_name in ((set(paths) - tests, True), (tests, False)):
        with transient_settings(_settings(by_name=by_name)):
            for path in sorted(group):
                found += [
                    f"{path}:{one.line_number}: {one.type}" for one in scan.scan_file(str(path)) if not _is_word(one)
                ]
    return found


def project_files() -> Iterator[Path]:
    """Yield the files that git knows or would take, without those that hold no text of ours."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in sorted(set(listed.stdout.decode().split("\0")) - {""}):
        path = ROOT / name
        if path.is_file() and not path.is_symlink() and path.suffix not in _BINARY and not name.startswith(_SKIPPED):
            yield path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _is_word(found: PotentialSecret) -> bool:
    return found.type in _GUESSED and _WORD.fullmatch(found.secret_value or "") is not None


def _settings(*, by_name: bool) -> dict[str, object]:
    known: dict[str, type] = get_mapping_from_secret_type_to_class()
    names = {plugin.__name__ for plugin in known.values()} - _NOT_USED
    used = sorted(names if by_name else names - {_BY_NAME})
    return {"plugins_used": [{"name": name} for name in used], "filters_used": _FILTERS}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
