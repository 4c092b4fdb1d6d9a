"""The draft as YAML: what is sure stands there, what is not says why, what is missing says that it is to be filled in."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.sources.base import ColumnFormat
from pipeline.sources.batch import listing, one_line
from pipeline.sources.draft.matching import ColumnDraft, TableDraft, match
from pipeline.sources.draft.samples import Samples, look_at
from pipeline.sources.textformat import TextFormat

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_RESERVED = ("null", "Null", "NULL", "~")


@dataclass(frozen=True)
class Draft:
    """A drafted mapping.

    Attributes:
        text: the YAML.
        tables: canonical tables that it fills.
        to_check: number of lines that a person should check.
        to_fill: what a person has to fill in before it can be used, as ``table.column`` (or a table).
    """

    text: str
    tables: tuple[str, ...]
    to_check: int
    to_fill: tuple[str, ...]


def draft_mapping(location: str) -> Draft:
    """Draft a mapping for a folder or database from its headers and a sample of its rows.

    Raises:
        SourceError: if the source cannot be opened.
    """
    samples = look_at(location)
    drafts = match(samples)
    # A table that is not required is left out, as a remark, while something of it is to be filled in.
    written = [draft for draft in drafts if not draft.open_columns or draft.table.required]
    text = common_text([draft.sample.text for draft in written])
    lines = [*_head(samples, text, written), "", "tables:"]
    if _needs_hospital(written):
        lines += [
            "  hospitals:",
            "    rows:",
            "      - {hospital_id: MAIN, name: Main}  # check: id, name, timezone and currency",
        ]
    for draft in drafts:
        block = _table(draft, text)
        lines += block if draft in written else ["", *(f"  #{line[1:]}" for line in block)]
    missing = [name for name in ("invoices", "payments") if name not in {draft.table.name for draft in drafts}]
    lines += [f"  # FILL IN: {name}: no file or table could be them" for name in missing]
    lines += _unused(samples, drafts)
    whole = "\n".join(lines) + "\n"
    to_fill = [f"{draft.table.name}.{column.column.name}" for draft in written for column in draft.open_columns]
    to_fill += [
        f"{d.table.name}.{c.column.name}" for d in written for c in d.columns if _is_to_fill(c) and not c.is_open
    ]
    return Draft(whole, tuple(draft.table.name for draft in written), whole.count("# check: "), (*to_fill, *missing))


def _is_to_fill(column: ColumnDraft) -> bool:
    return any(note.startswith("FILL IN") for note in column.notes)


def _needs_hospital(drafts: Iterable[TableDraft]) -> bool:
    used = any(column.constant == "MAIN" for draft in drafts for column in draft.columns)
    return used and not any(draft.table.name == "hospitals" for draft in drafts)


def common_text(texts: Sequence[TextFormat]) -> TextFormat:
    """Return the format that most files have."""
    return Counter(texts).most_common(1)[0][0] if texts else TextFormat()


def _head(samples: Samples, text: TextFormat, drafts: Sequence[TableDraft]) -> list[str]:
    lines = [
        "# Drafted from headers and the first rows. `check:` marks what was guessed, `FILL IN` what nobody could guess.",
        "# The language: docs/mapping.md. To see what it would read and reject: etl.py validate --source … --mapping this-file",
        "# timezone: Europe/Vienna  # of hospitals that have none; without it UTC",
    ]
    doubts = dict.fromkeys(doubt for draft in drafts if draft.sample.text == text for doubt in draft.sample.doubts)
    lines += [] if samples.is_database else _text_keys(text, TextFormat(), list(doubts))
    return lines + [f"# Not readable: {_shown(sentence)}" for sentence in samples.refused]


def _text_keys(text: TextFormat, usual: TextFormat, doubts: Sequence[str] = ()) -> list[str]:
    remark = f"  # check: {'; '.join(doubts)}" if doubts else ""
    lines = (
        [f"encoding: {'utf-8' if text.encoding == 'utf-8-sig' else text.encoding}{remark}"]
        if text.encoding != usual.encoding
        else []
    )
    if text.separator != usual.separator:
        lines.append(f"separator: {'tab' if text.separator == chr(9) else json.dumps(text.separator)}")
    return lines + ([f"quote: {json.dumps(text.quote)}"] if text.quote != usual.quote else [])


def _table(draft: TableDraft, common: TextFormat) -> list[str]:
    sample = draft.sample
    lines = [f"  {draft.table.name}:{_remark(draft.notes)}", f"    from: {_scalar(sample.name)}"]
    doubts = sample.doubts if sample.text != common else ()
    lines += [f"    {line}" for line in _text_keys(sample.text, common, doubts)]
    return [*lines, "    columns:", *(f"      {_column(column)}" for column in draft.columns)]


def _column(column: ColumnDraft) -> str:
    name = column.column.name
    if column.is_open:
        return f"# {name}:{_remark(column.notes)}"
    if column.source is None:
        return f"{name}: {{constant: {_scalar(column.constant or '')}}}{_remark(column.notes)}"
    keys = [f"column: {_scalar(column.source)}", *_format_keys(column.form)]
    if column.values:
        keys.append("values: {" + ", ".join(f"{_scalar(key)}: {value}" for key, value in column.values.items()) + "}")
    value = (
        _scalar(column.source) if len(keys) == 1 and not _looks_computed(column.source) else "{" + ", ".join(keys) + "}"
    )
    return f"{name}: {value}{_remark(column.notes)}"


def _looks_computed(name: str) -> bool:
    return "+" in name or "-" in name


def _format_keys(form: ColumnFormat) -> list[str]:
    keys = [f"date_formats: {json.dumps(list(form.date_formats))}"] if form.date_formats else []
    keys += [f"decimal: {json.dumps(form.decimal)}"] if form.decimal != "." else []
    return keys + ([f"thousands: {json.dumps(form.thousands)}"] if form.thousands else [])


def _remark(notes: Sequence[str]) -> str:
    return f"  # {_shown('; '.join(notes))}" if notes else ""


def _shown(text: str) -> str:
    """Return text for a remark: names of columns and files can hold anything, line ends too."""
    return "".join(character if character.isprintable() else "?" for character in one_line(text))


def _scalar(text: str) -> str:
    return (
        text
        if _PLAIN.fullmatch(text) and text not in _RESERVED
        else json.dumps(text, ensure_ascii=not text.isprintable())
    )


def _unused(samples: Samples, drafts: Sequence[TableDraft]) -> list[str]:
    used = {draft.sample.name for draft in drafts}
    unused = [sample for sample in samples.found if sample.name not in used]
    return ["", *(_shown(f"# Not used: {s.name} ({listing(s.columns, 40)})") for s in unused)] if unused else []
