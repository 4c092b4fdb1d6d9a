"""Compares the locked packages with the list of known weaknesses: ``python -m scripts.audit_dependencies``.

A weakness fails; a service that does not answer is said in one line and fails nothing, as nothing is known then.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Weaknesses that do not concern Daybook: id and why, until a version without them is out.
ACCEPTED: dict[str, str] = {}
_MOST_SECONDS = 300
_REMEDY = (
    "Take a newer version (scripts/lock --upgrade-package NAME), or say in ACCEPTED why it does not concern Daybook."
)


def main() -> int:
    """Ask about every package of ``requirements.txt``; print what is known and return the exit code."""
    lines, weak = judged(asked(ROOT / "requirements.txt"))
    print("\n".join(lines))
    return 1 if weak else 0


def asked(lock: Path) -> str:
    """Return what pip-audit says of the packages of ``lock``, as JSON; nothing if it had no answer."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip",
        "--format", "json", "--progress-spinner", "off", "--timeout", "15",
    ]  # fmt: skip
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False).stdout
    except subprocess.TimeoutExpired:
        return ""


def judged(report: str) -> tuple[list[str], bool]:
    """Return what to say of a report of pip-audit, and whether a package has a weakness that is not accepted."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return ["note: the service of known weaknesses does not answer here: nothing was compared"], False
    known = [package for package in packages if "vulns" in package]
    if not known:
        return [
            f"note: the service of known weaknesses knows none of the {len(packages)} packages here: nothing was compared"
        ], False
    weak = [
        f"{package['name']} {package['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version yet'}"
        for package in known
        for one in package["vulns"]
        if not {one["id"], *one.get("aliases", ())} & ACCEPTED.keys()
    ]
    if weak:
        return [
            *weak,
            "Take a newer version (scripts/lock --upgrade-package NAME), or say in ACCEPTED why it does not concern us.",
        ], True
    missed = len(packages) - len(known)
    return [f"note: {len(known)} packages compared{f', {missed} unknown to the service' if missed else ''}"], False


if __name__ == "__main__":
    sys.exit(main())
