"""What an operator may set for runs: gate thresholds, the configured sources, how long payments stay in sight."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import ConfigurationError
from warehouse.settings import home, write_private

_DEFAULT_GATES = Path(__file__).parent / "gates.yml"
_HISTORY_DAYS = 365
_LONGEST_HISTORY = 36_500
_OVERLAP_HOURS = 48
_MOST_OVERLAP_HOURS = 24 * 366
_KEY_COMPARISON = "1 day"
_EVERY = re.compile(r"([1-9][0-9]{0,3}) (day|run)s?")


@dataclass(frozen=True)
class Thresholds:
    """Limits of the gates; each is explained in ``gates.yml``. Percentages are 0–100."""

    reject_rows_percent: Decimal
    reject_amount_percent: Decimal
    reject_minimum_rows: Decimal
    reject_maximum_rows_of_small_table: Decimal
    drop_rows_percent: Decimal
    drop_minimum_rows: Decimal
    volume_minimum_percent: Decimal
    volume_maximum_percent: Decimal
    volume_minimum_rows: Decimal
    freshness_warn_days: Decimal


@dataclass(frozen=True)
class SourceConfig:
    """A source as the operator names it: where it is and the mapping that reads it."""

    name: str
    location: str
    mapping: str | None = None


def thresholds() -> Thresholds:
    """Return the thresholds of ``DAYBOOK_GATES``, else the shipped ones.

    Raises:
        ConfigurationError: for a missing file, an unknown name or a value that is no number.
    """
    path = Path(os.environ.get("DAYBOOK_GATES") or _DEFAULT_GATES)
    values = _read_yaml(path)
    known = {field.name for field in fields(Thresholds)}
    unknown = sorted(set(values) - known)
    missing = sorted(known - set(values))
    if unknown or missing:
        problem = f"{unknown[0]!r} is not a threshold" if unknown else f"{missing[0]!r} is missing"
        raise ConfigurationError(f"{path}: {problem}; the names are those of {_DEFAULT_GATES.name}.")
    try:
        return Thresholds(**{name: Decimal(str(value)) for name, value in values.items()})
    except InvalidOperation as error:
        raise ConfigurationError(f"{path}: every threshold is a number.") from error


def history_days() -> int | None:
    """Return for how many days before the business date ``patient_payment_history`` keeps settled payments; None: for ever.

    Raises:
        ConfigurationError: if ``DAYBOOK_HISTORY_DAYS`` is neither a number of days nor ``all``.
    """
    text = (os.environ.get("DAYBOOK_HISTORY_DAYS") or str(_HISTORY_DAYS)).strip()
    if text == "all":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LONGEST_HISTORY:
        raise ConfigurationError(
            f"DAYBOOK_HISTORY_DAYS is {text!r}: give a number of days from 1 to {_LONGEST_HISTORY}, or all to keep every payment."
        )
    return int(text)


@dataclass(frozen=True)
class Rereading:
    """How tables of databases are read of which only changes are read.

    Attributes:
        overlap: how far before the newest mark of the last accepted run reading starts, for rows that came late.
        every: after how many days or runs the keys of all rows are compared, to find deleted ones.
        unit: ``day`` or ``run``.
    """

    overlap: timedelta
    every: int
    unit: str

    def is_due(self, compared_at: datetime, runs_since: int, instant: datetime) -> bool:
        """Return whether keys are to be compared, ``runs_since`` accepted runs after they were. Days are UTC's."""
        if self.unit == "run":
            return runs_since + 1 >= self.every
        return (instant.date() - compared_at.astimezone(instant.tzinfo).date()).days >= self.every


def rereading() -> Rereading:
    """Return ``DAYBOOK_OVERLAP_HOURS`` and ``DAYBOOK_KEY_COMPARISON``.

    Raises:
        ConfigurationError: if one of them is not what it must be.
    """
    hours = (os.environ.get("DAYBOOK_OVERLAP_HOURS") or str(_OVERLAP_HOURS)).strip()
    if not hours.isascii() or not hours.isdigit() or int(hours) > _MOST_OVERLAP_HOURS:
        raise ConfigurationError(
            f"DAYBOOK_OVERLAP_HOURS is {hours!r}: give a number of hours from 0 to {_MOST_OVERLAP_HOURS}."
        )
    text = (os.environ.get("DAYBOOK_KEY_COMPARISON") or _KEY_COMPARISON).strip()
    every = _EVERY.fullmatch(text)
    if not every:
        raise ConfigurationError(f"DAYBOOK_KEY_COMPARISON is {text!r}: write it as in `1 day`, `7 days` or `6 runs`.")
    return Rereading(timedelta(hours=int(hours)), int(every[1]), every[2])


def configured_sources() -> list[SourceConfig]:
    """Return the sources of ``$DAYBOOK_HOME/sources.yml``: what ``python etl.py`` without arguments reads.

    Raises:
        ConfigurationError: if the file is missing or malformed; the message says how to write it.
    """
    path = home() / "sources.yml"
    if not path.exists():
        raise ConfigurationError(
            f"No source: give --source, or write {path} as a list of entries with name, location and, "
            "if the layout is not the canonical one, mapping."
        )
    values = _read_yaml(path, kind=list)
    try:
        return [SourceConfig(**entry) for entry in values]
    except TypeError as error:
        raise ConfigurationError(
            f"{path}: each entry has name, location and optionally mapping, nothing else."
        ) from error


def remember_sources(sources: list[SourceConfig]) -> bool:
    """Write ``sources.yml`` if there is none, so that ``python etl.py`` and the worker run with these sources.

    An existing one stays: a run by hand over another source must not change what cron reads. Returns whether it was written.
    """
    if (home() / "sources.yml").exists():
        return False
    entries = [
        {key: _anywhere(value) if key != "name" else value for key, value in vars(source).items() if value}
        for source in sources
    ]
    text = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True)
    write_private(home() / "sources.yml", text)  # a database URL holds a password
    return True


def _anywhere(path: str) -> str:
    # Cron starts in another folder than the person did; a database URL or a shipped mapping's name is no path.
    return str(Path(path).absolute()) if Path(path).exists() else path


def parse_source(text: str, mapping: str | None, number: int = 1) -> SourceConfig:
    """Read ``[NAME=]DIR_OR_URL``.

    A source's name is part of every row's identity. Without one in the argument it is the mapping's ``name``, else
    ``main`` for the first source, ``source2`` for the second and so on; never the folder's, which may move.
    """
    name, separator, location = text.partition("=")
    if not separator or "/" in name or ":" in name:
        name, location = _own_name(mapping) or ("main" if number == 1 else f"source{number}"), text
    return SourceConfig(name, location, mapping)


def _own_name(mapping: str | None) -> str | None:
    if not mapping:
        return None
    from pipeline.sources import find_mapping, load_mapping  # brings pandas, which most commands do without

    return load_mapping(find_mapping(mapping)).name


def _read_yaml(path: Path, kind: type = dict) -> Any:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not valid YAML: {str(error).splitlines()[0]}.") from error
    if not isinstance(values, kind):
        raise ConfigurationError(f"{path}: expected a {'list' if kind is list else 'mapping of names to values'}.")
    return values
