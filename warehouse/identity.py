"""Identity of patients: how it is encrypted, recognised and searched. Pure functions shared by pipeline and portal.

Encryption is Fernet with a keyring: the first key encrypts, every key decrypts. What is searched or compared is never
the text but a keyed hash (HMAC-SHA256 under the search key): one for each prefix of each part of a name, for the birth
date, and for the endings of a phone number. The social security number exists only as such a hash.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Literal

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

Kind = Literal["name", "birth_date", "phone"]

_VERSION = "1"  # of the normalisation: a change here makes every stored token stale
_SHORTEST_PREFIX = 3
_LONGEST_PREFIX = 40
_SHORTEST_PHONE = 7
_LONGEST_PHONE = 20
_NAMES = ("first_name", "last_name")
_HASHED_ONLY = "ssn"
_APOSTROPHES = dict.fromkeys(map(ord, "'`\u2019\u2018\u02bc\u00b4"))
# Letters that Unicode does not decompose, as people type them without a special keyboard.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"})


class IdentityKeyError(Exception):
    """Encrypted identity that none of the configured keys opens."""


def name_parts(text: str) -> list[str]:
    """Split a name into the parts that are searched: folded, without accents, letters only.

    ``"O'Brien-Müller"`` gives ``["obrien", "muller"]``.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_APOSTROPHES)
    letters = "".join(_letter(character) for character in folded)
    return letters.translate(_PLAIN).split()


def _letter(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Mn":
        return ""
    # Spacing marks (Mc) are vowels of Indic scripts: part of the word.
    return character if category[0] == "L" or category == "Mc" else " "


def digits(text: str) -> str:
    """Return the decimal digits of ``text``, of whatever script, as ASCII."""
    return "".join(str(unicodedata.decimal(character)) for character in text if character.isdecimal())


def tokens_for(fields: Mapping[str, str | None], key: str) -> set[tuple[Kind, bytes]]:
    """Return the search tokens of one patient.

    Args:
        fields: identity columns (``first_name``, ``last_name``, ``date_of_birth`` as ISO date, ``phone``); others are
            ignored.
        key: the installation's search key.

    Returns:
        Pairs of kind and 32-byte token.
    """
    found: set[tuple[Kind, bytes]] = set()
    for column in _NAMES:
        for part in name_parts(fields.get(column) or ""):
            longest = min(_LONGEST_PREFIX, len(part))
            shortest = min(_SHORTEST_PREFIX, len(part))
            found |= {("name", _token("name", part[:end], key)) for end in range(shortest, longest + 1)}
    if born := fields.get("date_of_birth"):
        found.add(("birth_date", _token("birth_date", born, key)))
    phone = digits(fields.get("phone") or "")[-_LONGEST_PHONE:]
    if phone:
        starts = range(max(len(phone) - _SHORTEST_PHONE, 0) + 1)
        found |= {("phone", _token("phone", phone[start:], key)) for start in starts}
    return found


def query_token(kind: Kind, text: str, key: str) -> bytes:
    """Return the token that finds what a person typed.

    Args:
        kind: ``name`` (one part of a name, or its beginning of three letters or more), ``birth_date`` (ISO date)
            or ``phone`` (a whole number or its last seven digits or more).
        text: as typed.
        key: the installation's search key.

    Raises:
        ValueError: for text that has no token of that kind; the message can be shown.
    """
    if kind == "name":
        parts = name_parts(text)
        if len(parts) != 1:
            raise ValueError(
                "Search one part of a name at a time." if parts else "Type at least one letter of the name."
            )
        return _token(kind, parts[0][:_LONGEST_PREFIX], key)
    if kind == "birth_date":
        try:
            return _token(kind, date.fromisoformat(text.strip()).isoformat(), key)
        except ValueError as error:
            raise ValueError("Type the birth date as YYYY-MM-DD.") from error
    number = digits(text).removeprefix("00")[-_LONGEST_PHONE:]
    if not number:
        raise ValueError("Type the digits of the phone number.")
    return _token(kind, number, key)


def query_tokens(text: str, key: str) -> list[bytes]:
    """Return one name token for each part of a typed name; a patient must match all of them."""
    return [query_token("name", part, key) for part in name_parts(text)]


def encrypt(fields: Mapping[str, str | None], keys: Sequence[str]) -> bytes:
    """Encrypt identity fields with the first of ``keys``. Empty fields and the SSN are left out."""
    return _cipher(tuple(keys)).encrypt(_canonical({k: v for k, v in fields.items() if k != _HASHED_ONLY}))


def decrypt(blob: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Return the fields that ``encrypt`` was given.

    Raises:
        IdentityKeyError: if none of ``keys`` opens it.
    """
    try:
        return dict(json.loads(_cipher(tuple(keys)).decrypt(bytes(blob))))
    except InvalidToken as error:
        raise IdentityKeyError(
            "No key in DAYBOOK_PHI_KEYS opens this record: add the key it was written with."
        ) from error


def seal(data: bytes, keys: Sequence[str]) -> bytes:
    """Encrypt what somebody wrote or sent, which may name people, with the first of ``keys``."""
    return _cipher(tuple(keys)).encrypt(data)


def unseal(sealed: bytes, keys: Sequence[str]) -> bytes:
    """Return what ``seal`` was given.

    Raises:
        IdentityKeyError: if none of ``keys`` opens it.
    """
    try:
        return _cipher(tuple(keys)).decrypt(bytes(sealed))
    except InvalidToken as error:
        raise IdentityKeyError(
            "No key in DAYBOOK_PHI_KEYS opens this text: add the key it was written with."
        ) from error


def content_hash(fields: Mapping[str, str | None], key: str) -> bytes:
    """Return the keyed hash by which unchanged identity is recognised (encryption gives other bytes each time)."""
    return hmac.digest(key.encode(), b"content|" + _canonical(fields), hashlib.sha256)


def ssn_hash(ssn: str | None, key: str) -> bytes | None:
    """Return the keyed hash of a social security number's letters and digits; None without one."""
    plain = "".join(character for character in (ssn or "").upper() if character.isalnum())
    return _hash(f"ssn|{plain}", key) if plain else None


def _canonical(fields: Mapping[str, str | None]) -> bytes:
    return json.dumps({k: v for k, v in fields.items() if v}, sort_keys=True, ensure_ascii=False).encode()


def _token(kind: Kind, value: str, key: str) -> bytes:
    return _hash(f"{_VERSION}|{kind}|{value}", key)


def _hash(text: str, key: str) -> bytes:
    return hmac.digest(key.encode(), text.encode(), hashlib.sha256)


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
