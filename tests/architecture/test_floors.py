"""The floors stay apart: the contracts of import-linter are kept, and they would notice a breach."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, files, text

_WEB_CONTEXT = ("request", "session", "current_user")


def lint(config: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--config", config], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_contracts_are_kept():
    result = lint(ROOT / "pyproject.toml")
    assert result.returncode == 0, result.stdout


def test_a_breach_would_be_noticed(tmp_path: Path):
    """The pipeline does import the warehouse: forbidden, this must fail."""
    config = tmp_path / ".importlinter"
    config.write_text(
        "[importlinter]\nroot_packages=\n    pipeline\n    warehouse\n"
        "[importlinter:contract:1]\nname=no\ntype=forbidden\nsource_modules=pipeline\nforbidden_modules=warehouse\n"
    )
    assert lint(config).returncode == 1


@pytest.mark.parametrize(
    "words", ["pipeline and portal", "the warehouse knows", "inside the portal", "analytics are pure"]
)
def test_each_floor_has_its_contract(words: str):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert [one for one in settings["tool"]["importlinter"]["contracts"] if one["name"].startswith(words)]


@pytest.mark.parametrize("layer", ["services", "queries", "exports", "analytics"])
def test_the_request_is_known_to_views_and_security_only(layer: str):
    breaches = []
    for path in files(".py"):
        if path.parts[:2] == ("portal", layer):
            imports = [
                line
                for line in text(path).splitlines()
                if line.startswith(("from flask import", "from flask_security import"))
            ]
            words = {word.strip(" (),") for line in imports for word in line.split("import", 1)[1].split(",")}
            breaches += [f"{path}: {name}" for name in _WEB_CONTEXT if name in words]
    assert not breaches
