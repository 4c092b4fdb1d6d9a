"""Row rules: what each row must satisfy to land. Vectorised; a broken rule is a finding, never an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.context import RunContext
from pipeline.landing import amounts, dates
from pipeline.landing.codes import withhold
from pipeline.landing.dates import Zones
from pipeline.landing.hospitals import Hospitals, Lookup
from pipeline.landing.modifiers import parse_modifiers
from pipeline.landing.values import (
    Mask,
    Parsed,
    as_mask,
    column_text,
    matches,
    parse_boolean,
    parse_choice,
    parse_text,
    present,
    some,
    without,
)
from pipeline.sources.base import ColumnFormat
from warehouse.canonical import Column, Table

_ONE_OF = {"adjustments": ("invoice_id", "patient_id"), "allocations": ("payment_id", "adjustment_id")}
_PLAIN_FORMAT = ColumnFormat()


@dataclass(frozen=True)
class Finding:
    """A reason for rejection, the columns it is about, and the rows that have it."""

    reason: str
    columns: tuple[str, ...]
    rows: Mask


@dataclass(frozen=True)
class Checked:
    """A chunk after its rules: typed columns (identity too), findings, and the controlled amounts as far as readable.

    ``withheld`` has, by column of codes, the rows whose words are none.
    """

    columns: dict[str, pa.Array]
    findings: tuple[Finding, ...]
    amounts: pa.Array
    unreadable_amounts: Mask
    withheld: Mapping[str, Mask]

    @property
    def bad(self) -> Mask:
        """Rows with at least one finding."""
        rows = np.zeros(len(self.unreadable_amounts), dtype=bool)
        for finding in self.findings:
            rows |= finding.rows
        return rows


@dataclass(frozen=True)
class RowRules:
    """The rules of one table of one source in one run."""

    table: Table
    formats: Mapping[str, ColumnFormat]
    hospitals: Hospitals
    run: RunContext
    lookup: Lookup

    def check(self, frame: pd.DataFrame) -> Checked:
        """Type every column of a chunk and judge every row."""
        texts = {c.name: column_text(frame, c.name, c.default) for c in self.table.columns}
        findings: list[Finding] = []
        if self.table.per_hospital and self.table.name != "hospitals":
            findings += self._place(texts)
        zones = self.hospitals.zones(texts["hospital_id"]) if "hospital_id" in texts else _utc(len(frame))
        if self.table.name == "invoices":
            texts["currency"] = pc.coalesce(texts["currency"], self.hospitals.currencies(texts["hospital_id"]))
        columns: dict[str, pa.Array] = {}
        for column in self.table.columns:
            parsed = self._parse(column, texts[column.name], zones)
            columns[column.name] = parsed.values
            findings += [Finding(reason, (column.name,), rows) for reason, rows in parsed.problems.items()]
            if column.required:
                findings.append(Finding("missing_required", (column.name,), ~present(texts[column.name])))
        withheld = self._withhold(columns)
        findings += [Finding("not_a_code", (name,), withheld[name]) for name in withheld if name in self.table.key]
        unread = self._unreadable(texts, columns, len(frame))
        money = columns[self.table.money] if self.table.money else pa.nulls(len(frame), amounts.MONEY)
        findings += self._judge(columns, texts, zones)
        return Checked(columns, tuple(f for f in findings if f.rows.any()), money, unread, withheld)

    def _withhold(self, columns: dict[str, pa.Array]) -> dict[str, Mask]:
        """Take out of columns of codes what is none; return the rows by column."""
        withheld: dict[str, Mask] = {}
        for column in self.table.columns:
            if column.code:
                said = self.formats.get(column.name, _PLAIN_FORMAT).codes
                columns[column.name], rows = withhold(column, columns[column.name], said, columns[self.table.key[0]])
                if rows.any():
                    withheld[column.name] = rows
        return withheld

    def _place(self, texts: dict[str, pa.Array]) -> list[Finding]:
        """Give each row its hospital."""
        named = parse_text(texts["hospital_id"], is_id=True)
        unknown = self.hospitals.unknown(named.values)
        findings = [Finding("unknown_reference", ("hospital_id",), unknown)]
        if not self.table.column("hospital_id").required and not present(texts["hospital_id"]).all():
            safe = {column: parse_text(texts[column], is_id=True).values for column, _ in self.table.hospital_from}
            ids, missing, ambiguous = self.hospitals.resolve(self.table, texts | safe, self.lookup)
            texts["hospital_id"] = ids
            findings.append(Finding("unknown_hospital", ("hospital_id",), missing))
            findings.append(Finding("ambiguous_hospital", ("hospital_id",), ambiguous))
        return findings

    def _parse(self, column: Column, text: pa.Array, zones: Zones) -> Parsed:
        style = self.formats.get(column.name, _PLAIN_FORMAT)
        match column.type:
            case "money":
                return amounts.parse_money(text, style)
            case "number":
                return amounts.parse_number(text, style)
            case "integer":
                return amounts.parse_integer(text, style)
            case "date":
                return dates.parse_dates(text, style, zones)
            case "timestamp":
                return dates.parse_timestamps(text, style, zones)
            case "boolean":
                return parse_boolean(text)
        return self._parse_text(column, text)

    def _parse_text(self, column: Column, text: pa.Array) -> Parsed:
        if column.allowed:
            return parse_choice(text, column.allowed)
        if column.name == "currency":
            return _parse_currency(text)
        if column.name == "modifiers":
            return parse_modifiers(text, of_plan=self.table.name == "compensation_plans")
        if column.name == "timezone":
            unknown = present(text) & ~as_mask(pc.is_in(text, _timezones()))
            return Parsed(without(text, unknown), some({"invalid_timezone": unknown}))
        return parse_text(text, is_identifier(self.table, column))

    def _judge(self, columns: dict[str, pa.Array], texts: dict[str, pa.Array], zones: Zones) -> list[Finding]:
        """Apply the rules that need typed values."""
        table = self.table
        findings = [Finding("zero_amount", (name,), _is_zero(columns[name])) for name in table.positive]
        for name in table.positive + table.not_negative:
            findings += [Finding("negative_amount", (name,), _is_negative(columns[name]))]
        for name in table.not_in_future:
            findings += [Finding("future_date", (name,), self._after_business_date(columns[name], zones))]
        if self.table.name in _ONE_OF:
            one_of = _ONE_OF[self.table.name]
            neither = ~present(texts[one_of[0]]) & ~present(texts[one_of[1]])
            findings.append(Finding("missing_required", one_of, neither))
        if self.table.name == "hospitals":
            month = columns["fiscal_year_start"]
            odd = as_mask(pc.or_(pc.less(month, 1), pc.greater(month, 12)))
            findings.append(Finding("out_of_range", ("fiscal_year_start",), odd))
            # Row policies split a reader's hospitals at commas: an id with one could pass for two others.
            commas = present(columns["hospital_id"]) & matches(columns["hospital_id"], ",")
            findings.append(Finding("invalid_text", ("hospital_id",), commas))
        return findings

    def _after_business_date(self, values: pa.Array, zones: Zones) -> Mask:
        late = np.zeros(len(values), dtype=bool)
        for zone, rows in zones.groups():
            today = pa.scalar(self.run.business_date_in(zone), pa.date32())
            late |= rows & as_mask(pc.greater(values, today))
        return late

    def _unreadable(self, texts: dict[str, pa.Array], columns: dict[str, pa.Array], rows: int) -> Mask:
        """Return the rows whose controlled amount is no amount, or is missing where there must be one."""
        if not self.table.money:
            return np.zeros(rows, dtype=bool)
        missing = ~present(columns[self.table.money])
        return missing if self.table.column(self.table.money).required else missing & present(texts[self.table.money])


def is_identifier(table: Table, column: Column) -> bool:
    """Return whether a text column identifies a row, of this table or another."""
    return column.type == "text" and (
        column.name in table.key or column.name.endswith(("_id", "_of", "_code", "_number"))
    )


def _parse_currency(text: pa.Array) -> Parsed:
    upper = pc.utf8_upper(text)
    wrong = present(upper) & ~matches(upper, "^[A-Z]{3}$")
    return Parsed(without(upper, wrong), some({"invalid_currency": wrong}))


def _is_zero(values: pa.Array) -> Mask:
    return as_mask(pc.equal(values, pa.scalar(Decimal(0), values.type)))


def _is_negative(values: pa.Array) -> Mask:
    return as_mask(pc.less(values, pa.scalar(Decimal(0), values.type)))


def _utc(rows: int) -> Zones:
    return Zones(("UTC",), np.zeros(rows, dtype=np.int64))


@cache
def _timezones() -> pa.Array:
    """Return the names of time zones; ``localtime`` is another one on every machine."""
    return pa.array(sorted(available_timezones() - {"localtime"}), pa.large_string())
