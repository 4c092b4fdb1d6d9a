"""What leaves after its time: records of audit, exports and reveals, mails, case logs, the status of runs and what they rejected.

Facts, ledger, totals and raw versions stay for ever, so that every figure can be traced and said again for any day; so do kept
forecasts, which are totals, too. Patients' settled payments leave their history with each build (``DAYBOOK_HISTORY_DAYS``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from warehouse import audit_chain, audit_check
from warehouse.audit_chain import Entry
from warehouse.audit_check import BrokenChainError
from warehouse.canonical import TABLES
from warehouse.engine import url_for
from warehouse.settings import Secrets, whole_number

_YEAR, _HALF_YEAR, _MONTH, _SEVEN_YEARS = 365, 183, 30, 2557

# Runs that something still reads: builds that can be served, the delivery that the next one is compared with, the newest.
_RUNS = text("""
  select id from ops.etl_process_status
  where completed_at < :border and id < (select max(id) from ops.etl_process_status)
    and id not in (select run_id from ops.builds where state in ('building', 'ready', 'live', 'previous'))
    and id not in (
      select run_id from ops.batches
      where batch_id in (select max(batch_id) from ops.batches where state = 'accepted' group by source_name))
""")
_STATUS = {
    "run requests": """delete from ops.run_requests as r where requested_at < :border
        and not exists (select from ops.etl_process_status as s where s.id = r.run_id)""",
    "alerts": """delete from ops.alerts where created_at < :border and incident not in (
        select incident from ops.alerts where alert_id = (select max(alert_id) from ops.alerts where kind <> 'test')
          and kind <> 'recovery')""",
    "links of jobs": """delete from jobs.procrastinate_periodic_defers as d using jobs.procrastinate_jobs as j
        where j.id = d.job_id and {over}""",
    "jobs": "delete from jobs.procrastinate_jobs as j where {over}",
}
_OVER = """j.status in ('succeeded', 'failed', 'cancelled', 'aborted')
        and not exists (select from jobs.procrastinate_events as e where e.job_id = j.id and e.at >= :border)"""
# An imported log goes with its cases; then what was said about cases that no other log has.
_CASE_LOGS = "delete from portal.case_log_uploads where imported_at < :border"
_CASE_DECISIONS = """delete from portal.case_log_decisions as d where d.decided_at < :border and not exists (
        select from portal.user_case_log as l
        where l.hospital_id = d.hospital_id and l.provider_id = d.provider_id and l.case_key = d.case_key)"""
# That a mail was sent stays on record longer than what it said.
_MAIL_TEXTS = "update portal.mails set body = '' where coalesce(sent_at, failed_at) < :border and body <> ''"
_LAST_OLD = text("""
  select id, hash, (select count(*) from portal.audit_log as o where o.id <= l.id) from portal.audit_log as l
  where id < coalesce((select min(id) from portal.audit_log where timestamp >= :border), 9223372036854775807)
  order by id desc limit 1
""")
_ANCHOR = text("""
  insert into portal.audit_anchors (through_id, through_hash, record_count, purged_at, signature)
  values (:through, :hash, :count, :at, :signature)
""")


@dataclass(frozen=True)
class Periods:
    """For how many days each kind of record stays; None: for ever."""

    audit: int | None
    exports: int | None
    status: int | None
    reveals: int | None
    requests: int | None
    mail_texts: int | None
    case_logs: int | None


@dataclass(frozen=True)
class Purged:
    """How many records of a kind left (texts of mails: were emptied), older than ``border``; None where it stays for ever."""

    kind: str
    border: datetime | None
    rows: int


def periods() -> Periods:
    """Return the periods that the settings ``DAYBOOK_…_DAYS`` name.

    Raises:
        SettingsError: for what is no number of days, and for fewer than 365 of audit records.
    """
    return Periods(
        audit=whole_number("DAYBOOK_AUDIT_DAYS", _YEAR, at_least=_YEAR),
        exports=whole_number("DAYBOOK_EXPORT_DAYS", _YEAR, at_least=1),
        status=whole_number("DAYBOOK_STATUS_DAYS", _HALF_YEAR, at_least=1),
        reveals=whole_number("DAYBOOK_REVEAL_DAYS", _YEAR, at_least=1),
        requests=whole_number("DAYBOOK_IDEMPOTENCY_DAYS", _MONTH, at_least=1),
        mail_texts=whole_number("DAYBOOK_MAIL_TEXT_DAYS", _MONTH, at_least=1),
        case_logs=whole_number("DAYBOOK_CASE_LOG_DAYS", _SEVEN_YEARS, at_least=1),
    )


def purge(now: datetime, by: str, keys: Secrets, *, dry_run: bool = False) -> list[Purged]:
    """Delete what is past its time and record it in the audit log, in one transaction. Needs the run lock.

    Args:
        now: the instant, with time zone.
        by: who purges.
        keys: the installation's.
        dry_run: count, and delete nothing.

    Raises:
        SettingsError: if a period is none.
        BrokenChainError: if the audit log does not verify: what would be purged may be evidence. Nothing is purged.
    """
    stay = periods()
    ring = [key.encode() for key in keys.audit_keys]
    engine = create_engine(url_for("owner"), poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection, connection.begin() as transaction:
        # Triggers of the queue name its tables without schema.
        connection.execute(text("set local search_path to jobs"))
        if problems := audit_check.check(connection, ring).problems:
            raise BrokenChainError(f"{problems[0]} Nothing was purged: it may be evidence.")
        done = [
            *_made(connection, _before(now, stay.exports)),
            *_asked(connection, stay, now),
            *_status(connection, _before(now, stay.status)),
        ]
        done.append(_audit(connection, _before(now, stay.audit), ring[0], now))
        details = {"days": vars(stay), "rows": {one.kind: one.rows for one in done}}
        audit_chain.append(connection, ring[0], Entry(by, "purge", "retention", details=details))
        if dry_run:
            transaction.rollback()
    return done


def _before(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now - timedelta(days=days)


def _made(connection: Connection, border: datetime | None) -> list[Purged]:
    return [
        _delete(connection, "exports", "delete from portal.export_log where export_date < :border", border),
        _delete(connection, "mails", "delete from portal.mails where created_at < :border", border),
    ]


def _asked(connection: Connection, stay: Periods, now: datetime) -> list[Purged]:
    logs = _before(now, stay.case_logs)
    requests = "delete from portal.idempotency_keys where created_at < :border"
    return [
        _delete(connection, "texts of mails", _MAIL_TEXTS, _before(now, stay.mail_texts)),
        _delete(connection, "keys of requests", requests, _before(now, stay.requests)),
        _delete(
            connection, "reveals", "delete from portal.contact_reveals where requested_at < :border",
            _before(now, stay.reveals),
        ),
        _delete(connection, "case logs", _CASE_LOGS, logs),
        _delete(connection, "decisions on cases", _CASE_DECISIONS, logs),
    ]  # fmt: skip


def _status(connection: Connection, border: datetime | None) -> list[Purged]:
    runs: list[int] = [] if border is None else list(connection.execute(_RUNS, {"border": border}).scalars())
    rejected = sum(
        _rows(connection, f"delete from quarantine.{table.name} where run_id = any(:runs)", {"runs": runs})
        for table in TABLES
    )
    status = _rows(connection, "delete from ops.etl_process_status where id = any(:runs)", {"runs": runs})
    return [
        Purged("rejected rows", border, rejected),
        Purged("runs", border, status),
        *(_delete(connection, kind, statement.format(over=_OVER), border) for kind, statement in _STATUS.items()),
    ]


def _audit(connection: Connection, border: datetime | None, key: bytes, now: datetime) -> Purged:
    """Delete the oldest records up to the first one that stays, and leave a signed anchor in their place."""
    last: Any = None if border is None else connection.execute(_LAST_OLD, {"border": border}).one_or_none()
    if last is None:
        return Purged("audit records", border, 0)
    through, found, count = last
    signature = audit_check.anchor_signature(key, through, bytes(found), count, now)
    values = {"through": through, "hash": found, "count": count, "at": now, "signature": signature}
    connection.execute(_ANCHOR, values)
    return Purged(
        "audit records",
        border,
        _rows(connection, "delete from portal.audit_log where id <= :through", {"through": through}),
    )


def _delete(connection: Connection, kind: str, statement: str, border: datetime | None) -> Purged:
    return Purged(kind, border, 0 if border is None else _rows(connection, statement, {"border": border}))


def _rows(connection: Connection, statement: str, values: dict[str, Any]) -> int:
    return int(connection.execute(text(statement), values).rowcount)
