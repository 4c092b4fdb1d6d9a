"""A run in a process of its own that kills itself, as ``kill -9`` would, when the run reaches a given point.

Usage: ``python -m tests.integration.pipeline.kill_driver SOURCE BUSINESS_DATE EVENT VALUE``, for example ``stage build``.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, date, datetime
from typing import Any

from pipeline.run import RunOrder, execute
from pipeline.settings import SourceConfig


def main(location: str, day: str, event: str, value: str) -> None:
    """Run until ``event`` carries ``value`` (stage, table or node name), then die."""

    def observe(seen: str, detail: dict[str, Any]) -> None:
        if seen == event and value in detail.values():
            os.kill(os.getpid(), signal.SIGKILL)

    order = RunOrder([SourceConfig("main", location)], datetime.now(UTC), date.fromisoformat(day))
    execute(order, observe)


if __name__ == "__main__":
    main(*sys.argv[1:])
