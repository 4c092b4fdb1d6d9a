"""Requests that a program repeats because it had no answer: the key it sends tells the second from a new one.

A key belongs to its user and is written in the transaction of what it asks for, so that both happen or neither does. A second
request with the key waits for the first to end, and is then answered with what the first made.

Key and request are kept as keyed hashes: both may hold what somebody typed. Keys that stand as they were sent are of before that;
as long as such a row is kept, its key is refused, so that nothing is done twice.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Connection, text

from portal.services.conflicts import ConflictError

_CLAIM = text("""
  insert into portal.idempotency_keys (user_id, key, digest)
  select :user_id, :key, :digest
  where not exists (select from portal.idempotency_keys where user_id = :user_id and key = :sent)
  on conflict (user_id, key) do nothing returning key
""")
_KNOWN = text("""
  select digest, result from portal.idempotency_keys where user_id = :user_id and key in (:key, :sent)
""")
_KEEP = text("update portal.idempotency_keys set result = :result where user_id = :user_id and key = :key")


@dataclass(frozen=True)
class Repeatable:
    """A request that may be repeated: ``key`` as its user sent it, ``asked`` all that it asks for."""

    user_id: int
    key: str
    asked: str


def once(connection: Connection, repeatable: Repeatable | None, make: Callable[[], int]) -> tuple[int, bool]:
    """Return the number that ``make`` returns and True, or what it returned when the request came first and False.

    Args:
        connection: the transaction in which ``make`` works.
        repeatable: the request; None makes it every time.
        make: does what is asked for and returns the number of what it made.

    Raises:
        ConflictError: if the key was used for something else.
    """
    if repeatable is None:
        return make(), True
    who = {"user_id": repeatable.user_id, "key": _sealed("key", repeatable.key).hex(), "sent": repeatable.key}
    digest = _sealed("asked", repeatable.asked)
    if connection.execute(_CLAIM, who | {"digest": digest}).scalar() is not None:
        number = make()
        connection.execute(_KEEP, who | {"result": str(number)})
        return number, True
    known = connection.execute(_KNOWN, who).one()
    if bytes(known.digest) != digest:
        raise ConflictError("This Idempotency-Key was sent with another request: use a new one for each request.")
    return int(known.result), False


def _sealed(what: str, words: str) -> bytes:
    key: bytes = current_app.config["TOKEN_KEY"]
    return hmac.digest(key, f"repeatable {what}|{words}".encode("utf-8", "replace"), hashlib.sha256)
