"""However a mapping is damaged, it is either still a mapping or refused with one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DaybookError, MappingError
from pipeline.sources import SHIPPED, open_source
from pipeline.sources.mapping_file import load_mapping
from tests.unit.pipeline.sources.support import folder

_SHIPPED = (SHIPPED / "synthea_ohdsi.yml").read_text(encoding="utf-8")
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["invoices", "*", "a + 1 days", "%", "a\nb"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=3) | st.sampled_from(["from", "column", "a\nb"]), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


def _refusal(action: Callable[[], object], kind: type[DaybookError]) -> str | None:
    try:
        action()
    except kind as error:
        return str(error)
    return None


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_mapping_with_characters_cut_or_changed(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(_SHIPPED) - 1))
    size, new = data.draw(st.integers(0, 30)), data.draw(st.text(max_size=4))
    with TemporaryDirectory() as home:
        path = Path(home) / "m.yml"
        path.write_text(_SHIPPED[:start] + new + _SHIPPED[start + size :], encoding="utf-8", errors="replace")
        said = _refusal(lambda: load_mapping(path), MappingError)
    assert said is None or (said.startswith("Mapping m.yml") and "\n" not in said)


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, value in items for found in _paths(value, (*path, key)))]


_DOCUMENT = {
    "encoding": "utf-8",
    "tables": {
        "hospitals": {"rows": [{"hospital_id": "H", "name": "N"}]},
        "invoices": {
            "from": ["invoices"],
            "where": {"status": ["issued"]},
            "join": [{"from": "payments", "as": "p", "on": {"invoice_id": "payment_id"}, "duplicates": "first"}],
            "aggregate": {
                "by": ["invoice_id"],
                "columns": {"total": "sum", "patient_id": "first", "p.amount": "first"},
            },
            "columns": {
                "invoice_id": "invoice_id",
                "hospital_id": {"constant": "H"},
                "patient_id": {"column": "patient_id", "values": {"a": "b"}, "default": "c"},
                "invoice_date": {"constant": "2024-01-05"},
                "due_date": "invoice_date + 3 days",
                "total": {"column": "total", "decimal": ",", "when": {"patient_id": "x"}},
                "status": {"constant": "paid"},
            },
        },
        "payments": {"from": "payments"},
    },
}


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(_paths(_DOCUMENT)[1:]), _VALUES)
def test_a_mapping_with_any_value_replaced_reads_or_is_refused(path: tuple[Any, ...], value: Any) -> None:
    document: Any = yaml.safe_load(yaml.safe_dump(_DOCUMENT))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with TemporaryDirectory() as home:
        file = folder(Path(home)) / "m.yml"
        file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

        def read() -> int:
            source = open_source("test", home, file)
            return sum(len(chunk.frame) for table in source.tables for chunk in source.read(table))

        said = _refusal(read, DaybookError)
    assert said is None or (said and "\n" not in said)
