#!/usr/bin/env python3
"""The command that cron calls: a thin face over ``pipeline``. See ``python etl.py --help``."""

import importlib.util
import os
import sys
from pathlib import Path


def _use_environment() -> None:
    """Start again in ``.venv`` when this Python lacks the dependencies (cron rarely activates anything)."""
    if importlib.util.find_spec("click") and importlib.util.find_spec("dbt"):
        return
    python = Path(__file__).resolve().parent / ".venv" / "bin" / "python"
    if not python.exists() or os.environ.get("DAYBOOK_REEXEC"):
        sys.exit("etl.py: Daybook's dependencies are not installed: run ./scripts/bootstrap first.")
    os.environ["DAYBOOK_REEXEC"] = "1"
    os.execv(python, [str(python), __file__, *sys.argv[1:]])


if __name__ == "__main__":
    _use_environment()
    try:
        from pipeline.cli import main
    except KeyboardInterrupt:  # the imports take seconds; from here on the commands see to it themselves
        sys.stderr.write("etl.py: Stopped before anything began.\n")
        sys.exit(130)

    main()
