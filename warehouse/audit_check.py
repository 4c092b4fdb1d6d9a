"""Proving the audit log: no record was changed, removed, put in or cut off.

A record's hash shows a change of it; its predecessor's hash and its number show what is missing before it; a purge leaves a
signed anchor in the place of what it took. That records are missing at the end shows only against heads noted elsewhere: by
runs, in the manifests of backups, in alerts that were mailed.
"""

from __future__ import annotations

import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from warehouse.audit_chain import digest

_ALL = text("""
  select id, timestamp, user_id, action, resource_type, resource_id, outcome, status_code, hospital_ids,
         host(ip_address) as ip_address, user_agent, request_id, details, old_values, new_values, prev_hash, hash
  from portal.audit_log order by id
""")
_ANCHORS = text(
    "select through_id, through_hash, record_count, purged_at, signature from portal.audit_anchors order by 1"
)
_NOTED = text("select id, audit_id, encode(audit_hash, 'hex') from ops.etl_process_status where audit_id is not null")
_MOST = 100


class BrokenChainError(Exception):
    """The audit log does not verify; the message names the first record that shows it."""


@dataclass(frozen=True)
class Head:
    """The newest record as somebody noted it once. ``hash`` is its hex, or the beginning of it."""

    number: int
    hash: str
    noted_by: str


@dataclass
class Report:
    """What was found. ``problems`` are sentences, at most 100 of them; ``first`` and ``last`` are 0 for an empty log."""

    records: int = 0
    first: int = 0
    last: int = 0
    head: str = ""
    purged_through: int = 0
    heads: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """Add a sentence."""
        if len(self.problems) < _MOST:
            self.problems.append(problem)


def verify(connection: Connection, *keys: bytes) -> int:
    """Check every record against its hash and the one before it.

    Returns:
        How many records there are.

    Raises:
        BrokenChainError: if anything is wrong.
    """
    report = check(connection, keys)
    if report.problems:
        raise BrokenChainError(report.problems[0])
    return report.records


def check(connection: Connection, keys: Sequence[bytes], heads: Iterable[Head] = ()) -> Report:
    """Check the log, at constant memory, and compare it with heads that were noted.

    Args:
        connection: one that may read the log.
        keys: of the audit chain; each record is genuine if one of them made its hash.
        heads: noted elsewhere, in any order.
    """
    report = Report()
    noted: dict[int, list[Head]] = defaultdict(list)
    for head in heads:
        noted[head.number].append(head)
        report.heads += 1
    previous = _anchor(connection, keys, report)
    expected = report.purged_through + 1
    for record in _records(connection):
        number = record["id"]
        _check_place(report, record, expected, previous)
        before = bytes(record["prev_hash"] or b"")
        if not any(hmac.compare_digest(bytes(record["hash"]), digest(key, before, record)) for key in keys):
            report.add(f"Audit record {number} was changed, or was put in by somebody without the key.")
        previous, expected = bytes(record["hash"]), number + 1
        _compare(report, noted.pop(number, ()), previous)
        report.records, report.first, report.last = report.records + 1, report.first or number, number
        report.head = previous.hex()
    _check_end(report, noted)
    return report


def noted_by_runs(connection: Connection) -> list[Head]:
    """Return the heads that the runs noted as they ended."""
    rows: Iterable[Any] = connection.execute(_NOTED)
    return [Head(number, head, f"run {run}") for run, number, head in rows]


def anchor_signature(key: bytes, through: int, through_hash: bytes, count: int, purged_at: datetime) -> bytes:
    """Return what proves that a purge of ours took the records up to ``through``."""
    said = [through, through_hash.hex(), count, purged_at.astimezone(UTC).isoformat(timespec="microseconds")]
    return hmac.digest(key, b"daybook audit anchor" + json.dumps(said).encode(), "sha256")


def _anchor(connection: Connection, keys: Sequence[bytes], report: Report) -> bytes:
    """Check the anchors; return the hash that the oldest record follows."""
    newest = b""
    rows: Iterable[Any] = connection.execute(_ANCHORS)
    for through, through_hash, count, purged_at, signature in rows:
        signed = [anchor_signature(key, through, bytes(through_hash), count, purged_at) for key in keys]
        if not any(hmac.compare_digest(bytes(signature), one) for one in signed):
            report.add(f"The note that audit records up to {through} were purged is not genuine.")
            continue
        newest, report.purged_through = bytes(through_hash), through
    return newest


def _check_place(report: Report, record: dict[str, Any], expected: int, previous: bytes) -> None:
    number = record["id"]
    if number < expected:
        report.add(f"Audit record {number} was put in where records were purged.")
    elif number == expected + 1:
        report.add(f"Audit record {expected} is missing.")
    elif number > expected:
        report.add(f"Audit records {expected} to {number - 1} are missing.")
    elif bytes(record["prev_hash"] or b"") != previous:
        report.add(f"Audit record {number} does not follow the record before it: one of the two was replaced.")


def _compare(report: Report, heads: Iterable[Head], found: bytes) -> None:
    for head in heads:
        if not found.hex().startswith(head.hash):
            report.add(f"Audit record {head.number} is not the one that {head.noted_by} noted: the log was rewritten.")


def _check_end(report: Report, noted: dict[int, list[Head]]) -> None:
    beyond = {number: heads for number, heads in noted.items() if number > max(report.last, report.purged_through)}
    if beyond:
        furthest = max(beyond)
        start = max(report.last, report.purged_through) + 1
        lost = f"Audit record {start} is" if start == furthest else f"Audit records {start} to {furthest} are"
        report.add(f"{lost} cut off at the end: {beyond[furthest][0].noted_by} noted record {furthest}.")


def _records(connection: Connection) -> Iterator[dict[str, Any]]:
    rows = connection.execute(_ALL, execution_options={"yield_per": 2000})
    for row in rows.mappings():
        yield dict(row)
