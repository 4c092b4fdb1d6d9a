"""The mapping language as models: short forms are spelled out before validation, so every error has a plain path."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from pipeline.sources.textformat import text_encoding
from pipeline.sources.values import parse_date_sum

# Neither month nor year is the one that strptime fills in where a pattern leaves it out.
_ANY_DAY = datetime(2019, 11, 23, 10, 35, tzinfo=UTC)

AggregateFunction = Literal["sum", "min", "max", "first"]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _check_pattern(value: str) -> str:
    """Refuse what is no pattern, and what does not say month and year: `%d.%m` would put every date into 1900."""
    if "%" not in value:
        raise ValueError(f"`{value}` is no date pattern; write it as in `%d.%m.%Y`")
    try:
        read = datetime.strptime(_ANY_DAY.strftime(value), value)  # noqa: DTZ007 (only its day counts)
    except ValueError:
        raise ValueError(f"`{value}` is no date pattern that can be read; write it as in `%d.%m.%Y`") from None
    if (read.year, read.month) != (_ANY_DAY.year, _ANY_DAY.month):
        raise ValueError(f"`{value}` does not say month and year; write it as in `%d.%m.%Y`")
    return value


Texts = Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]
NullableTexts = Annotated[list[str | None], BeforeValidator(_as_list), Field(min_length=1)]
Condition = dict[str, NullableTexts]
DatePattern = Annotated[str, Field(min_length=2)]
DatePatterns = Annotated[list[DatePattern], BeforeValidator(_as_list)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Formats(_Part):
    """How amounts and dates are written; given for a source, a table or a column, the nearest one counts."""

    date_formats: DatePatterns | None = None
    decimal: Literal[".", ",", "·", "٫"] | None = None
    thousands: Annotated[str, Field(max_length=1)] | None = None

    @field_validator("date_formats")
    @classmethod
    def _patterns(cls, value: list[str] | None) -> list[str] | None:
        return [_check_pattern(pattern) for pattern in value] if value is not None else None

    @field_validator("thousands")
    @classmethod
    def _no_part_of_a_number(cls, value: str | None) -> str | None:
        if value and (value.isalnum() or value in "+-"):
            raise ValueError("cannot be a digit, a letter or a sign")
        return value

    @model_validator(mode="after")
    def _marks_differ(self) -> Formats:
        if self.decimal and self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both `{self.decimal}`; give two different marks")
        return self


class TextKeys(_Part):
    """How text files are written."""

    encoding: str | None = None
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    quote: Annotated[str, Field(max_length=1)] | None = None
    null_values: NullableTexts | None = None

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str | None) -> str | None:
        return text_encoding(value) if value is not None else None

    @field_validator("separator", mode="before")
    @classmethod
    def _tab(cls, value: Any) -> Any:
        return "\t" if value in ("tab", "\\t") else value

    @field_validator("separator", "quote")
    @classmethod
    def _not_a_line_end(cls, value: str | None) -> str | None:
        if value and value in "\r\n\0":
            raise ValueError("cannot be a line end")
        return value

    @model_validator(mode="after")
    def _separator_differs(self) -> TextKeys:
        if self.separator and self.separator == self.quote:
            raise ValueError(f"separator and quote are both `{self.quote}`; give two different characters")
        return self


class FileFormat(TextKeys, Formats):
    """How text files and the values in them are written; given for a source or a table."""


class ColumnSpec(Formats):
    """What one canonical column is filled from."""

    column: str | None = None
    constant: str | None = None
    compute: str | None = None
    values: dict[str, str | None] | None = None
    default: str | None = None
    prefix: str = ""
    when: Condition | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return {"compute": value} if parse_date_sum(value) else {"column": value}

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnSpec:
        given = [name for name in ("column", "constant", "compute") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs one of `column`, `constant`, `compute`, and has {' and '.join(given) or 'none'}")
        if self.compute is not None and parse_date_sum(self.compute) is None:
            raise ValueError(f"`{self.compute}` is no computed date; write it as in `invoice_date + 30 days`")
        return self


class JoinSpec(TextKeys):
    """Columns brought in from another file or table by one key."""

    from_: Texts = Field(alias="from")
    alias: str | None = Field(default=None, alias="as")
    on: dict[str, str] = Field(min_length=1, max_length=1)
    where: Condition = Field(default_factory=dict)
    duplicates: Literal["refuse", "first", "last"] = "refuse"

    @property
    def name(self) -> str:
        """The prefix of its columns: ``as``, else the file's name without its ending."""
        return self.alias or re.sub(r"(\.csv|\.csv\.gz|\.parquet)$", "", self.from_[0]).rsplit("/", 1)[-1]

    @property
    def left(self) -> str:
        """Column of the rows that it is joined to."""
        return next(iter(self.on))

    @property
    def right(self) -> str:
        """Key column of the joined file."""
        return self.on[self.left]


class AggregateSpec(_Part):
    """One row for each value of ``by``."""

    by: Texts
    columns: dict[str, AggregateFunction] = Field(min_length=1)


class TableSpec(FileFormat):
    """What one canonical table is filled from."""

    from_: Texts | None = Field(default=None, alias="from")
    rows: list[dict[str, str | None]] | None = Field(default=None, min_length=1)
    columns: dict[str, ColumnSpec] | None = Field(default=None, min_length=1)
    where: Condition = Field(default_factory=dict)
    join: Annotated[list[JoinSpec], BeforeValidator(_as_list)] = Field(default_factory=list)
    aggregate: AggregateSpec | None = None
    distinct: Texts | None = None
    incremental: bool = True

    @model_validator(mode="after")
    def _from_or_rows(self) -> TableSpec:
        if self.rows is not None:
            useless = [
                key for key in ("from_", "columns", "where", "join", "aggregate", "distinct") if getattr(self, key)
            ]
            if useless:
                raise ValueError(f"has `rows` and `{useless[0].rstrip('_')}`; rows are constants, give one of the two")
        names = [join.name for join in self.join]
        if len(set(names)) < len(names):
            raise ValueError("joins two files under one name; give one of them another with `as`")
        return self


TableParts = Annotated[list[TableSpec], BeforeValidator(_as_list), Field(min_length=1)]
"""What a canonical table is filled from: mostly one thing, or several that are laid out differently."""


class Mapping(FileFormat):
    """A whole mapping file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")] | None = None
    timezone: str | None = None
    tables: dict[str, TableParts] | None = Field(default=None, min_length=1)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones() - {"localtime"}:
            raise ValueError(f"`{value}` is no time zone; write it as in `America/New_York`")
        return value
