"""What a password must not be: too short or long, the address, or one that everybody who guesses tries first."""

from __future__ import annotations

from functools import cache
from pathlib import Path

LONGEST = 128
_LIST = Path(__file__).resolve().parents[1] / "data" / "breached_passwords.txt"
_SHORTEST_UNIT = 4


def problem(password: str, email: str | None) -> str | None:
    """Return why a password cannot be used, as a sentence; None if it can.

    Args:
        password: normalized; that it is long enough is checked elsewhere.
        email: whose it is to be, None if that is not known.
    """
    if len(password) > LONGEST:
        return f"Password must be at most {LONGEST} characters."
    plain = password.casefold()
    if email and plain in (email.casefold(), email.casefold().partition("@")[0]):
        return "Password must not be the e-mail address."
    if any(word in _breached() for word in (plain, *_cores(plain))) or len(_unit(plain)) < _SHORTEST_UNIT:
        return "Password is on the list of those that are guessed first, or is little more than one: use other words."
    return None


def _cores(plain: str) -> list[str]:
    """Return what is left without digits and signs around it, and what is merely repeated, where that is most of it."""
    start, end = 0, len(plain)
    while start < end and not plain[start].isalpha():
        start += 1
    while end > start and not plain[end - 1].isalpha():
        end -= 1
    core = plain[start:end]
    return [_unit(plain), *([core, _unit(core)] if core and 2 * len(core) >= len(plain) else [])]


def _unit(text: str) -> str:
    """Return the shortest piece that makes ``text`` when repeated: ``"abab"`` gives ``"ab"``."""
    return text[: (text + text).find(text, 1)] if text else text


@cache
def _breached() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="utf-8").split("\n"))
