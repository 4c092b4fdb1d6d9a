"""The project stands alone: nothing outside it is named, no package registry, no unfinished business."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.project import files, text

# What a file may look for outside the project: the data sets that optional tests use, next to it.
_OPTIONAL_DATA = "shared/data"
_BINARY = {".png", ".ico", ".woff", ".woff2", ".ttf", ".gz", ".parquet", ".pdf", ".xlsx", ".sqlite"}
_SELF = Path("tests/architecture/test_standalone.py")

_REGISTRIES = re.compile(
    r"https?://[^\s\"')]*\b(pypi|pythonhosted|npmjs|registry\.|deb\.debian|archive\.ubuntu|jsdelivr|unpkg|cdnjs|docker\.io)\b",
    re.IGNORECASE,
)
_INDEX_OPTIONS = re.compile(r"^\s*(--(extra-)?index-url|--find-links|-i |-f )", re.MULTILINE)
_ABSOLUTE = re.compile(r"(?<![\w.:/}])/(work|home|root|Users|mnt|workspace)/[\w.-]+")
_OUTSIDE = re.compile(r"\.\./(?:\.\./)*(shared/[\w./-]*|[a-z]+_data[\w/-]*)")
_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
_MARKUP_LINK = re.compile(r"]\((?!https?:|#|mailto:)([^)#\s]+)")


def _texts() -> list[tuple[Path, str]]:
    return [(path, text(path)) for path in files() if path.suffix not in _BINARY and path != _SELF]


def _hits(pattern: re.Pattern[str]) -> list[str]:
    return [f"{path}: {found.group(0)}" for path, content in _texts() for found in pattern.finditer(content)]


def test_no_package_registry_is_named():
    assert not _hits(_REGISTRIES)


def test_lock_files_do_not_say_where_packages_come_from():
    for path in files(".txt", ".in"):
        assert not _INDEX_OPTIONS.search(text(path)), path


def test_no_absolute_path_of_somebodys_machine():
    assert not _hits(_ABSOLUTE)


def test_only_the_optional_data_are_looked_for_outside():
    assert not [hit for hit in _hits(_OUTSIDE) if _OPTIONAL_DATA not in hit]


def test_nothing_is_left_to_do_in_the_code():
    assert not _hits(_UNFINISHED)


def test_links_of_documents_lead_somewhere():
    broken = []
    for path in files(".md"):
        for link in _MARKUP_LINK.findall(text(path)):
            target = (path.parent / link).as_posix()
            if not (Path(__file__).resolve().parents[2] / target).exists():
                broken.append(f"{path}: {link}")
    assert not broken


@pytest.mark.parametrize(
    ("pattern", "sample"),
    [
        (_REGISTRIES, "see https://pypi.org/simple/flask"),
        (_INDEX_OPTIONS, "--index-url somewhere"),
        (_ABSOLUTE, 'open("/home/ada/daybook")'),
        (_OUTSIDE, "../shared/plans.md"),
        (_UNFINISHED, "# TODO later"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], sample: str):
    assert pattern.search(sample)
