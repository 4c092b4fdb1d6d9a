"""Month-end close: the figures of the live build are kept as they were issued, with what the ledger knew then.

Months are closed in order: the first one may be any that is over, then the next, from a build that is no older than that of
the month before. So whatever comes after one close has come after all earlier ones, and is a change of each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql

from pipeline.errors import PeriodCloseError, UsageError
from pipeline.lock import check_held
from warehouse.engine import scalar

# Tables whose versions the ledger names as the source of an event.
_LEDGER_TABLES = ("invoices", "payments", "refunds", "adjustments", "allocations")
_LIVE = """
select b.build_id, b.schema_name, b.instant, d.business_date
from ops.builds as b left join ops.business_dates as d on d.build_id = b.build_id and d.hospital_id = %s
where b.state = 'live'
"""
_UNSEEN = """
select count(*) from portal.write_off_decisions d where d.hospital_id = %s and d.effective_date < %s
and not exists (select from ops.build_decisions b where b.build_id = %s and b.decision_id = d.decision_id)
"""
_LAST = "select month, closed_at, closed_by, known_at from ops.period_closes where hospital_id = %s order by month desc"


@dataclass(frozen=True)
class ClosedMonth:
    """A month that has just been closed, and how many figures were kept."""

    close_id: int
    hospital_id: str
    month: date
    build_id: int
    figures: int


@dataclass(frozen=True)
class _LiveBuild:
    build_id: int
    schema: str
    instant: datetime
    business_date: date


def month_named(text: str) -> date:
    """Return the first day of the month that ``text`` (``YYYY-MM``) names.

    Raises:
        UsageError: if it names none.
    """
    try:
        if not re.fullmatch(r"\d{4}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UsageError(f"--month {text!r} is not a month: write it as YYYY-MM.") from None


def spelled(month: date) -> str:
    """Return the month as people write it on the command line."""
    return f"{month:%Y-%m}"


def close(connection: psycopg.Connection[Any], hospital_id: str, month: date, by: str) -> ClosedMonth:
    """Keep the figures of ``month`` as the live build has them.

    Args:
        connection: the one that holds the run lock, so that no build is published meanwhile.
        hospital_id: whose month.
        month: its first day.
        by: who closes it.

    Raises:
        UsageError: if the live build does not know the hospital.
        PeriodCloseError: if there is no live build, or the month is not over, closed already, or not the next one, or a
            write-off of it was approved since the live build.
    """
    live = _live_build(connection, hospital_id)
    _check_over(live, hospital_id, month)
    _check_next(connection, live, hospital_id, month)
    _check_decisions(connection, live, hospital_id, month)
    check_held(connection)
    with connection.transaction():
        close_id = scalar(
            connection,
            "insert into ops.period_closes (hospital_id, month, closed_at, closed_by, build_id, known_at)"
            " values (%s, %s, clock_timestamp(), %s, %s, %s) returning close_id",
            [hospital_id, month, by, live.build_id, live.instant],
        )
        figures = _keep_figures(connection, close_id, live, hospital_id, month)
        _keep_versions(connection, close_id, live)
    return ClosedMonth(close_id, hospital_id, month, live.build_id, figures)


def _live_build(connection: psycopg.Connection[Any], hospital_id: str) -> _LiveBuild:
    row = connection.execute(_LIVE, [hospital_id]).fetchone()
    if row is None:
        raise PeriodCloseError("There is no live build whose figures could be kept: run python etl.py run first.")
    if row[3] is None:
        raise UsageError(f"Hospital {hospital_id!r} is not in the live build: check --hospital.")
    if scalar(connection, "select to_regclass(%s)", [f"{row[1]}.rpt_period_figures"]) is None:
        raise PeriodCloseError("The live build was made by an older version: run python etl.py run first.")
    return _LiveBuild(*row)


def _check_over(live: _LiveBuild, hospital_id: str, month: date) -> None:
    if live.business_date < _following(month):
        raise PeriodCloseError(
            f"{spelled(month)} is not over for {hospital_id}: its business date is {live.business_date}."
            f" Close it with a build of {_following(month)} or later."
        )


def _check_next(connection: psycopg.Connection[Any], live: _LiveBuild, hospital_id: str, month: date) -> None:
    closes = connection.execute(_LAST, [hospital_id]).fetchall()
    for closed_month, closed_at, closed_by, _ in closes:
        if closed_month == month:
            raise PeriodCloseError(
                f"{spelled(month)} was closed for {hospital_id} by {closed_by} on {closed_at:%Y-%m-%d}: a month is closed once."
            )
    if not closes:
        return
    last, _, _, known_at = closes[0]
    if month != _following(last):
        raise PeriodCloseError(
            f"Months are closed in order: the last one of {hospital_id} is {spelled(last)}, the next {spelled(_following(last))}."
        )
    if live.instant < known_at:
        raise PeriodCloseError(
            f"The live build is older than the one that {spelled(last)} was closed with: run python etl.py run first."
        )


def _check_decisions(connection: psycopg.Connection[Any], live: _LiveBuild, hospital_id: str, month: date) -> None:
    unseen = scalar(connection, _UNSEEN, [hospital_id, _following(month), live.build_id])
    if unseen:
        raise PeriodCloseError(
            f"{unseen} write-offs of {spelled(month)} or earlier were approved since the live build:"
            " run python etl.py run first."
        )


def _keep_figures(
    connection: psycopg.Connection[Any], close_id: int, live: _LiveBuild, hospital_id: str, month: date
) -> int:
    cursor = connection.execute(
        sql.SQL(
            "insert into ops.period_close_figures (close_id, currency, figure, amount)"
            " select %s, currency, figure, amount from {}.rpt_period_figures where hospital_id = %s and month = %s"
        ).format(sql.Identifier(live.schema)),
        [close_id, hospital_id, month],
    )
    if not cursor.rowcount:
        raise PeriodCloseError(
            f"{hospital_id} has no figures for {spelled(month)}: nothing was billed or paid until then."
        )
    return cursor.rowcount


def _keep_versions(connection: psycopg.Connection[Any], close_id: int, live: _LiveBuild) -> None:
    # Batches and versions are numbered as they land, one run after the other; what the build saw ends with its run's own.
    batch = scalar(
        connection,
        "select max(a.batch_id) from ops.batches as a join ops.builds as b on b.run_id = a.run_id where b.build_id = %s",
        [live.build_id],
    )
    for table in _LEDGER_TABLES:
        connection.execute(
            sql.SQL(
                "insert into ops.period_close_versions (close_id, source_table, last_version_id) select %s, %s, coalesce("
                "(select version_id from raw.{} where batch_id <= %s order by version_id desc limit 1), 0)"
            ).format(sql.Identifier(table)),
            [close_id, table, batch],
        )


def _following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
