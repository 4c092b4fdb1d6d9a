"""Sending a message to the targets that the environment names (``DAYBOOK_ALERT_URLS``, Apprise URLs with blanks between).

They come from the environment so that a message can be sent when the database itself is down. Each target is tried by itself:
one that is deaf keeps nobody else from hearing, and who has heard is not told again.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import apprise
import structlog

_log = structlog.get_logger("daybook.alerts")
Tone = Literal["failure", "warning", "success", "info"]
NO_TARGET = "no target: set DAYBOOK_ALERT_URLS"


@dataclass(frozen=True)
class Delivery:
    """What became of a message at one target; ``target`` is its address without passwords, ``error`` None if it was taken."""

    target: str
    error: str | None


def targets() -> list[tuple[str, apprise.Apprise | None]]:
    """Return each target as its address without secrets, and its sender; None where the URL cannot be read."""
    found: list[tuple[str, apprise.Apprise | None]] = []
    for number, url in enumerate(os.environ.get("DAYBOOK_ALERT_URLS", "").split(), start=1):
        sender = apprise.Apprise()
        if sender.add(url):
            address = str(sender[0].url(privacy=True))  # type: ignore[no-untyped-call]
            found.append((address.partition("?")[0], sender))
        else:
            found.append((f"target {number} ({url.partition(':')[0]})", None))
    return found


def send(title: str, text: str, tone: Tone, heard: Collection[str] = ()) -> list[Delivery]:
    """Send to every target but those that have ``heard`` it already. Returns what became of each; [] without a target."""
    return [Delivery(name, _send(name, sender, title, text, tone)) for name, sender in targets() if name not in heard]


def _send(name: str, sender: apprise.Apprise | None, title: str, text: str, tone: Tone) -> str | None:
    if sender is None:
        return "not an Apprise URL: correct DAYBOOK_ALERT_URLS"
    # notify() is None without a usable target and False when delivery failed.
    if sender.notify(title=title, body=text, notify_type=apprise.NotifyType(tone)):
        return None
    _log.error("an alert could not be delivered", target=name, title=title)
    return "delivery failed"
