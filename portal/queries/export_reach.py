"""Whose exports a transaction may read and write: settings that the row policies of their tables ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

_ACT = text("""
  select
    set_config('daybook.user', :user, true),
    set_config('daybook.own_hospitals', :hospitals, true),
    set_config('daybook.manages', :manages, true)
""")


@dataclass(frozen=True)
class Reader:
    """Who looks: somebody sees their own; who manages users, those of their hospitals alone; a super_admin, ``everything``.

    Attributes:
        hospitals: all of theirs, whichever the page is narrowed to.
    """

    user_id: int
    hospitals: Sequence[str]
    manages: bool = False
    everything: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements are given."""
        return {
            "user": self.user_id, "hospitals": list(self.hospitals), "manages": self.manages, "everything": self.everything,
        }  # fmt: skip


WORKER = Reader(0, (), manages=True, everything=True)
"""Who finds what is to be made, and for whom: no user. What is made is written as its reader."""


def act_for(connection: Connection, reader: Reader) -> Connection:
    """Let the transaction of ``connection`` read and write the exports of ``reader``, until it ends. Returns it."""
    manages = ("all" if reader.everything else "own") if reader.manages else ""
    values = {"user": str(reader.user_id), "hospitals": ",".join(reader.hospitals), "manages": manages}
    connection.execute(_ACT, values)
    return connection
