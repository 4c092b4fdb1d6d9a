"""Finding and reading a mapping file; what is wrong with it is said in one sentence with the path of the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from pipeline.errors import MappingError
from pipeline.sources.batch import listing, one_line, printable, suggestion
from pipeline.sources.mapping import AggregateSpec, ColumnSpec, JoinSpec, Mapping, TableSpec
from pipeline.sources.mapping_check import check_canonical

SHIPPED = Path(__file__).parent / "mappings"


class _TextLoader(yaml.SafeLoader):
    """YAML in which every scalar stays the text that it is, but for null: ids keep zeros, `yes` stays `yes`."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse keys that stand twice: YAML would silently drop the first."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen and name != "<<":
                raise yaml.constructor.ConstructorError(None, None, f"the key `{name}` stands twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


_KEPT = ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")
_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _KEPT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# Explicit tags (`!!int 5`) make no exception: what is not text, a list or a mapping is refused with its line.
_TextLoader.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in ("null", "str", "seq", "map")
}


def find_mapping(name_or_path: str | Path) -> Path:
    """Return the mapping file for a path, or for the short name of one that is shipped (``rcm_analytics``).

    Raises:
        MappingError: if there is neither.
    """
    path = Path(name_or_path)
    try:
        if path.is_file():
            return path
    except OSError as error:
        raise MappingError(f"Mapping {printable(path)} cannot be read: {error.strerror or error}.") from None
    shipped = {file.stem: file for file in sorted(SHIPPED.glob("*.yml"))}
    if str(name_or_path) in shipped:
        return shipped[str(name_or_path)]
    raise MappingError(
        f"There is no mapping file {printable(name_or_path)}{suggestion(str(name_or_path), shipped)}; "
        f"give the path of a YAML file or the name of a shipped mapping ({listing(shipped)})."
    )


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file against the language and the canonical tables (not yet against a source).

    Raises:
        MappingError: naming the file, the path of the key and the remedy.
    """
    document = _parse(path)
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as error:
        raise MappingError(f"Mapping {printable(path.name)}: {one_line(_sentence(error, document))}") from None
    check_canonical(mapping, printable(path.name))
    return mapping


def _parse(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_TextLoader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        raise MappingError(f"Mapping {printable(path.name)},{where} {error.problem or 'is not valid YAML'}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise MappingError(
            f"Mapping {printable(path.name)} is not readable as YAML in UTF-8; save it as plain UTF-8 text."
        ) from None
    except OSError as error:
        raise MappingError(f"Mapping {printable(path)} cannot be read: {error.strerror or error}.") from None
    if not isinstance(document, dict):
        raise MappingError(
            f"Mapping {printable(path.name)} has no keys; it needs at least `tables:` (see docs/mapping.md)."
        )
    return document


def _sentence(error: ValidationError, document: dict[str, Any]) -> str:
    found = error.errors(include_url=False)
    first = next((item for item in found if item["type"] == "extra_forbidden"), found[0])
    path = key_path(_as_written(first["loc"], document))
    more = f" ({len(found) - 1} more to correct after that.)" if len(found) > 1 else ""
    if first["type"] == "extra_forbidden":
        known = known_keys(_model_at(first["loc"]))
        return f"`{path}` is not a known key{suggestion(str(first['loc'][-1]), known)}; known here: {', '.join(known)}.{more}"
    if first["type"] == "missing":
        return f"`{path}` is missing; add it.{more}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    return f"`{path or 'the file'}`: {message}{_given(first['input'])}.{more}"


def _as_written(location: tuple[int | str, ...], document: dict[str, Any]) -> tuple[int | str, ...]:
    """Return a location without the number of a table's part where the table is not written as a list."""
    if len(location) < 3 or location[0] != "tables" or isinstance(document["tables"].get(location[1]), list):
        return location
    return location[:2] + location[3:]


def _given(value: Any) -> str:
    return f" (found `{value}`)" if isinstance(value, str) and len(value) <= 60 and value else ""


def key_path(location: tuple[int | str, ...]) -> str:
    """Return the path of a key as people write it: ``tables.invoices.columns.total``."""
    return ".".join(str(part) for part in location)


def known_keys(model: type[BaseModel]) -> list[str]:
    """Return the keys that a part of the language knows, as they are written in YAML."""
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _model_at(location: tuple[int | str, ...]) -> type[BaseModel]:
    depth = [part for part in location[:-1] if not isinstance(part, int)]
    if len(depth) >= 4 and depth[2] == "columns":
        return ColumnSpec
    if len(depth) >= 3:
        parts: dict[str, type[BaseModel]] = {"join": JoinSpec, "aggregate": AggregateSpec}
        return parts.get(str(depth[2]), TableSpec)
    return TableSpec if len(depth) == 2 else Mapping
