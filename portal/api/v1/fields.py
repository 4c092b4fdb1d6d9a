"""Which columns a file has: all of them, or those that were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, field_validator

from portal.api.v1.schema import InvalidParametersError, Query
from portal.exports.document import Column, Document, Section
from portal.exports.writing import has_patients

Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]


class FieldsQuery(Query):
    """Which fields a file has."""

    fields: list[Name] = Field(
        default=[],
        max_length=100,
        description="Only these columns, named as in the CSV's header; may be repeated. Default: all.",
    )

    @field_validator("fields", mode="before")
    @classmethod
    def _one_field_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


def offered(document: Document) -> list[Column]:
    """Return the columns that may be chosen, each once, in the order of the file."""
    columns: dict[str, Column] = {}
    tables = [section.columns for section in document.sections] or [document.columns]
    for column in (column for table in (document.columns, *tables) for column in table):
        columns.setdefault(column.name, column)
    return list(columns.values())


def narrowed(document: Document, fields: Sequence[str]) -> Document:
    """Return ``document`` with these fields alone, in its own order; all of them where none is named.

    A table that has none of them is left out.

    Raises:
        InvalidParametersError: for a field that it does not have; the message names those that it has.
    """
    if not fields:
        return document
    known = [column.name for column in offered(document)]
    if unknown := sorted(set(fields) - set(known)):
        raise InvalidParametersError({"fields": f"has no {', '.join(unknown)} here: choose of {', '.join(known)}"})
    sections = [_section(section, fields) for section in document.sections]
    return replace(
        document,
        columns=_chosen(document.columns, fields),
        sections=[section for section in sections if section.columns],
        chart_columns=_drawn(document.chart_columns, fields),
        was_of_patients=has_patients(document),
    )


def _section(section: Section, fields: Sequence[str]) -> Section:
    chart_columns = _drawn(section.chart_columns, fields)
    return replace(section, columns=_chosen(section.columns, fields), chart_columns=chart_columns)


def _chosen(columns: Sequence[Column], fields: Sequence[str]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.name in fields)


def _drawn(chart_columns: tuple[str, ...], fields: Sequence[str]) -> tuple[str, ...]:
    return chart_columns if set(chart_columns) <= set(fields) else ()
