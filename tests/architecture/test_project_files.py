"""The files around the code: change log, locks, scripts, environment variables."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib

import pytest

from portal.navigation import ITEMS
from tests.architecture.project import ROOT, files, is_test, text

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(\[[^]]*])?==", re.MULTILINE)
_VARIABLE = re.compile(r"\bDAYBOOK_[A-Z_]+[A-Z]\b|\bDATABASE_URL\b")
# Set by one program of ours for another, or by the tests for themselves.
_INTERNAL = re.compile(r"DAYBOOK_(DBT_|TEST_|CHROMIUM|REEXEC|REQUESTED_BY)")


def test_change_log_has_an_unreleased_section():
    assert re.search(r"^## \[?Unreleased]?", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_locked_package_has_hashes():
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt"):
        blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
        pins = [block for block in blocks if _PIN.match(block)]
        assert pins, name
        assert not [block.split()[0] for block in pins if "--hash=sha256:" not in block]


def test_every_dependency_is_locked():
    for name in ("requirements", "requirements-dev"):
        wanted = re.findall(r"^([a-z0-9][a-z0-9-]+)", (ROOT / f"{name}.in").read_text(encoding="utf-8"), re.MULTILINE)
        locked = {match[0].lower() for match in _PIN.findall((ROOT / f"{name}.txt").read_text(encoding="utf-8"))}
        assert set(wanted) <= locked


def test_commands_can_be_executed_and_name_their_interpreter():
    commands = [path for path in files() if path.parts[0] == "scripts" and len(path.parts) == 2 and not path.suffix]
    commands.append((ROOT / ".ci" / "run").relative_to(ROOT))
    assert len(commands) > 5
    for path in commands:
        assert os.access(ROOT / path, os.X_OK), f"{path} is not executable"
        assert text(path).startswith("#!/usr/bin/env "), path


def test_the_licence_is_named_and_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_every_setting_is_in_the_example_and_every_example_is_a_setting():
    read: set[str] = set()
    for path in files(".py", ".yml", ""):
        if not is_test(path) and path.parts[0] in (
            "pipeline",
            "portal",
            "warehouse",
            "scripts",
            "profiles.yml",
            "etl.py",
        ):
            read |= set(_VARIABLE.findall(text(path)))
    read = {name for name in read if not _INTERNAL.match(name)}
    shown = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert read - shown == set(), "not in .env.example"
    assert {name for name in shown if _VARIABLE.match(name)} - read == set(), "in .env.example, but nothing reads it"


def test_the_map_names_every_folder_at_the_top():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    folders = {path.parts[0] for path in files() if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    assert not [folder for folder in folders if f"`{folder}/" not in readme]


def test_the_map_of_documents_leads_to_each_of_them():
    overview = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [path.name for path in (ROOT / "docs").glob("*.md") if path.name != "README.md"]
    assert len(pages) > 5
    assert not [name for name in pages if f"]({name})" not in overview]
    decisions = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    assert not [path.name for path in (ROOT / "docs" / "adr").glob("0*.md") if f"]({path.name})" not in decisions]


def test_the_readme_names_every_page_of_the_menu():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [item.label for item in ITEMS if item.label not in readme]


def test_the_user_guide_has_a_part_for_every_page_of_the_menu():
    guide = (ROOT / "docs" / "USER_GUIDE.md").read_text(encoding="utf-8")
    headings = [line for line in guide.splitlines() if line.startswith("#")]
    assert not [item.label for item in ITEMS if not any(item.label in heading for heading in headings)]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an unpacked archive says nothing of it")
def test_no_file_is_a_link():
    git = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "--stage"]
    kept = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert len(kept.splitlines()) > 500
    assert [line for line in kept.splitlines() if line.startswith("120000")] == []
