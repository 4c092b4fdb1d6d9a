"""Finding a patient by what a person types: an id, an invoice number, or name, birth date and phone through ``phi``.

``phi`` answers with ids. Names, birth dates and phone numbers are hashed with the installation's key before they reach the
database. As typed, a text reaches it only if it can be an id or an invoice number: one word with a digit that is no date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.queries.patients import MOST_FOUND, PatientRef, PatientRow, described, identified, matching
from warehouse import identity

_ISO_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b", re.ASCII)
_PHONE = re.compile(r"[\d\s()+./-]*", re.ASCII)
_SHORTEST_PHONE = 7
_ID = re.compile(r"(?=\D*\d)[^\s@]{1,100}")


@dataclass(frozen=True)
class Found:
    """Who matches, last visit first; ``more`` if there are more than are listed."""

    patients: tuple[PatientRow, ...]
    more: bool


def find(connection: Connection, text: str, hospitals: Sequence[str], key: str) -> Found:
    """Find patients of ``hospitals`` by ``text``.

    Several words must all match: ``Maria Lopez 1980-02-01`` is one person's name and birth date.

    Args:
        connection: on the live build, limited to ``hospitals``.
        text: as typed.
        hospitals: whose identities may be searched.
        key: the installation's search key.
    """
    refs = dict.fromkeys(matching(connection, text) if _may_be_id(text) else ())
    refs |= dict.fromkeys(_by_identity(connection, text, hospitals, key))
    rows = described(connection, list(refs))
    return Found(tuple(rows[:MOST_FOUND]), len(rows) > MOST_FOUND)


def _by_identity(connection: Connection, text: str, hospitals: Sequence[str], key: str) -> list[PatientRef]:
    tokens = _tokens(text, key)
    return identified(connection, tokens, hospitals) if tokens else []


def _may_be_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None and _ISO_DAY.search(text) is None


def _tokens(text: str, key: str) -> list[tuple[identity.Kind, bytes]]:
    try:
        tokens: list[tuple[identity.Kind, bytes]] = [
            ("birth_date", identity.query_token("birth_date", day, key)) for day in _ISO_DAY.findall(text)
        ]
    except ValueError:
        return []  # no such day in any calendar: nobody was born on it
    rest = _ISO_DAY.sub(" ", text)
    if _PHONE.fullmatch(rest) and len(identity.digits(rest)) >= _SHORTEST_PHONE:
        tokens.append(("phone", identity.query_token("phone", rest, key)))
    elif not any(character.isdigit() for character in rest):
        tokens += [("name", identity.query_token("name", part, key)) for part in identity.name_parts(rest)]
    return tokens
