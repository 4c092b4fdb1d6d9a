"""Kills at random instants: a short stretch of what ``scripts/chaos`` does at length."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from random import SystemRandom

from warehouse.settings import ROOT


def test_killed_runs_and_servers_leave_nothing_wrong() -> None:
    seed = SystemRandom().randrange(10**9)
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DAYBOOK_HOME")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "scripts.chaos", "--kills", "2", "--seed", str(seed)],
        cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"seed {seed}: {done.stdout}{done.stderr}"
    assert re.match(r"2/2 kills: .* 1 runs and 1 servers killed", done.stdout), done.stdout
