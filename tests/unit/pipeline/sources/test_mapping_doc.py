"""``docs/mapping.md`` knows every key of the language, and its examples are mappings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from pipeline.errors import MappingError
from pipeline.sources import load_mapping
from pipeline.sources.mapping import AggregateSpec, ColumnSpec, Formats, JoinSpec, Mapping, TableSpec
from pipeline.sources.mapping_file import known_keys

_DOC = (Path(__file__).parents[4] / "docs" / "mapping.md").read_text(encoding="utf-8")
_EXAMPLES = re.findall(r"```yaml\n(.*?)```", _DOC, flags=re.DOTALL)
_SECTIONS = {
    Mapping: ("## The source", "## A table"),
    TableSpec: ("## A table", "### Rows"),
    ColumnSpec: ("### Columns", "### Join"),
    JoinSpec: ("### Join", "### Aggregate"),
    AggregateSpec: ("### Aggregate", "## How files"),
}


@pytest.mark.parametrize("model", _SECTIONS)
def test_every_key_has_a_row_in_the_table_of_its_section(model: type[BaseModel]) -> None:
    start, end = _SECTIONS[model]
    section = _DOC[_DOC.index(start) : _DOC.index(end)]
    rows = " ".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
    inherited = set(known_keys(Mapping)) if model is TableSpec else set()
    missing = {key for key in known_keys(model) if key not in inherited and f"`{key}`" not in rows}
    assert not missing


@pytest.mark.parametrize("model", _SECTIONS)
def test_every_key_is_used_in_an_example(model: type[BaseModel]) -> None:
    used = set(re.findall(r"(?:^|[{,]|- )\s*([a-z_]+):", "\n".join(_EXAMPLES), flags=re.MULTILINE)) | {
        "quote",
        "null_values",
    }
    assert set(known_keys(model)) <= used
    assert set(known_keys(Formats)) <= used


def test_no_section_names_a_key_that_does_not_exist() -> None:
    known = {key for model in _SECTIONS for key in known_keys(model)}
    named = {
        key
        for line in _DOC.splitlines()
        if line.startswith("| `")
        for key in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert named <= known


@pytest.mark.parametrize("example", _EXAMPLES, ids=range(len(_EXAMPLES)))
def test_every_example_is_a_mapping(tmp_path: Path, example: str) -> None:
    path = tmp_path / "example.yml"
    path.write_text(example, encoding="utf-8")
    assert load_mapping(path).tables


def test_the_message_that_it_quotes_is_the_one_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "clinic.yml"
    path.write_text(_EXAMPLES[0].replace("amount: amount", "amuont: amount"), encoding="utf-8")
    quoted = next(line.strip() for line in _DOC.splitlines() if line.startswith("    Mapping clinic.yml"))
    with pytest.raises(MappingError, match=re.escape(quoted.removesuffix("…"))):
        load_mapping(path)
