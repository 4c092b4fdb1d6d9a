"""The audit log's chain: numbers without gaps, each record hashed over its text and the hash before it.

A record is numbered and hashed under one lock, so that nobody can slip one in between; whoever changes, removes or
adds a record without the key breaks the chain, and ``warehouse.audit_check`` names the numbers that do not fit.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from warehouse import locks
from warehouse.engine import url_for

# Who adds a record to the chain must see its end, whatever hospitals the transaction reads. Nothing is read after it.
_LOCK = text("select pg_advisory_xact_lock(:key), set_config('daybook.everything', 'on', true)")
_HEAD = text("select id, hash, clock_timestamp() from portal.audit_log order by id desc limit 1")
_INSERT = text("""
  insert into portal.audit_log (
    id, timestamp, user_id, action, resource_type, resource_id, outcome, status_code, hospital_ids, ip_address,
    user_agent, request_id, details, old_values, new_values, prev_hash, hash)
  values (
    :id, :timestamp, :user_id, :action, :resource_type, :resource_id, :outcome, :status_code, :hospital_ids,
    cast(:ip_address as inet), :user_agent, :request_id, cast(:details as jsonb), cast(:old_values as jsonb),
    cast(:new_values as jsonb), :prev_hash, :hash)
""")


@dataclass(frozen=True)
class Entry:
    """What happened. ``old_values`` and ``new_values`` hold text, whole numbers, booleans, lists and maps of them.

    Attributes:
        user_id: id of the user as text, or ``anonymous``.
        action: ``view``, ``api_call``, ``export``, ``login``, ``logout``, ``access_denied``, or a change's own name.
        outcome: ``started``, ``success``, ``denied`` or ``failed``.
        ip_address: without a mask or zone, None if unknown.
    """

    user_id: str
    action: str
    resource_type: str
    resource_id: str | None = None
    outcome: str = "success"
    status_code: int | None = None
    hospital_ids: tuple[str, ...] = ()
    ip_address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    old_values: dict[str, Any] | None = None
    new_values: dict[str, Any] | None = None


def append(connection: Connection, key: bytes, entry: Entry) -> int:
    """Add a record within the caller's transaction, as its last statement: the lock lasts until it ends.

    Returns:
        The record's number.
    """
    return _add(connection, key, asdict(entry) | {"hospital_ids": list(entry.hospital_ids)})


def adopt(connection: Connection, key: bytes, former: Mapping[str, Any]) -> int:
    """Add the record of another log (columns of ``portal.audit_log``) under a number of this one, with its own time.

    Returns:
        The record's number here; ``details`` keep the one it had.
    """
    details = (former["details"] or {}) | {"carried_over_as": former["id"]}
    kept = {name: former[name] for name in Entry.__dataclass_fields__}
    return _add(connection, key, kept | {"timestamp": former["timestamp"], "details": details})


def _add(connection: Connection, key: bytes, record: dict[str, Any]) -> int:
    connection.execute(_LOCK, {"key": locks.AUDIT})
    head = connection.execute(_HEAD).one_or_none()
    number, previous = (head[0] + 1, bytes(head[1])) if head else (1, b"")
    now = head[2] if head else connection.execute(text("select clock_timestamp()")).scalar_one()
    record = {"timestamp": now} | record | {"id": number}
    record |= {"hash": digest(key, previous, record), "prev_hash": previous or None}
    for name in ("details", "old_values", "new_values"):
        record[name] = None if record[name] is None else json.dumps(record[name])
    connection.execute(_INSERT, record)
    return int(number)


def record(key: bytes, entry: Entry) -> int:
    """Add a record as the owner, in a transaction of its own: what commands do. Returns the record's number."""
    engine = create_engine(url_for("owner"), poolclass=NullPool, hide_parameters=True)
    with engine.begin() as connection:
        return append(connection, key, entry)


def digest(key: bytes, previous: bytes, record: dict[str, Any]) -> bytes:
    """Return the hash of a record (columns of ``portal.audit_log``) that follows one with hash ``previous``."""
    timestamp: datetime = record["timestamp"]
    fields = {name: value for name, value in record.items() if name not in ("hash", "prev_hash", "timestamp")}
    fields["timestamp"] = timestamp.astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key, previous + canonical.encode(), hashlib.sha256).digest()
