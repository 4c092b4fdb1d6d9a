"""One small class for each kind of failure; each knows the exit code of the command that meets it.

A message is one sentence (or two): what happened, to which file, row or column, and what to do.
"""

from __future__ import annotations

import psycopg


class DaybookError(Exception):
    """A failure that the person at the command can read and act on; printed without a traceback."""

    exit_code = 1


class SourceError(DaybookError):
    """The source cannot be read: a file is missing, empty, undecodable, or changed while being read."""


class SourceUnreachableError(SourceError):
    """A database source does not answer."""


class MappingError(DaybookError):
    """The mapping file is wrong: unknown key, missing table or column, bad value."""

    exit_code = 2


class UsageError(DaybookError):
    """A command was called with arguments that do not make sense."""

    exit_code = 2


class ConfigurationError(DaybookError):
    """A setting is missing or wrong, or the database is not ours to use."""

    exit_code = 2


class GateFailedError(DaybookError):
    """A gate refused the batch or the candidate: nothing was published."""

    exit_code = 3


class BuildError(DaybookError):
    """dbt could not build the candidate."""


class PeriodCloseError(DaybookError):
    """A month cannot be closed as things stand: it is not over, closed already, or not the next one."""


class DiskSpaceError(DaybookError):
    """The warehouse's disk has no room for a run."""


class AlertError(DaybookError):
    """A target did not take an alert."""


class BusyError(DaybookError):
    """Another run holds the lock."""

    exit_code = 75


class WarehouseError(DaybookError):
    """The warehouse database failed under us."""


def warehouse_error(error: psycopg.Error) -> WarehouseError:
    """Return a sentence a person can act on for an error of the warehouse's database."""
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    if isinstance(error, psycopg.errors.DiskFull):
        return WarehouseError(f"The warehouse database's disk is full ({reason}): free space, then run again.")
    if error.sqlstate is None:
        return WarehouseError(
            f"The warehouse database does not answer ({reason}): check that it runs, and DATABASE_URL."
        )
    return WarehouseError(f"The warehouse database refused ({error.sqlstate}: {reason}); nothing was published.")
