"""Kill runs, and the database server under them, at random instants, and check after each that nothing is wrong.

After each kill the live marts must be those of the last good build (or, if the run had published already, say what the source
says); no lock may be left; and the next run must succeed with the right figures and leave nothing behind.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom

import click

from scripts.crashing.checks import figures, left_behind, published
from scripts.crashing.clinic import Clinic
from scripts.crashing.victim import Victim, kill_server
from warehouse import embedded

_WHAT = {"run": ("run",), "server": ("server",), "both": ("run", "server")}


@click.command(help=__doc__)
@click.option("--kills", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@click.option("--seed", type=int, help="The same seed kills at the same moments, as far as a machine can.")
@click.option("--what", type=click.Choice(list(_WHAT)), default="both", show_default=True, help="Both: by turns.")
def main(kills: int, seed: int | None, what: str) -> None:
    """Run in a scratch warehouse that goes afterwards."""
    chosen = SystemRandom().randrange(10**9) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="daybook-chaos-"))
    os.environ.pop("DATABASE_URL", None)
    os.environ["DAYBOOK_HOME"] = str(folder / "home")
    try:
        faults = chaos(folder, kills, chosen, _WHAT[what])
    finally:
        embedded.stop()
        shutil.rmtree(embedded.cluster().folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if faults else 0)


def chaos(folder: Path, kills: int, seed: int, what: tuple[str, ...]) -> int:
    """Kill ``kills`` times; print how it went; return the number of faults."""
    _import_everything()
    rng, started = Random(seed), time.monotonic()
    clinic = Clinic(folder / "source", rng)
    length, outcomes = _first_run(clinic, folder), Counter[str]()
    for number in range(1, kills + 1):
        victim_of = what[number % len(what)]
        trouble = _crash(clinic, folder, victim_of, rng.uniform(0, length), outcomes)
        if trouble:
            outcomes["fault"] += 1
            click.echo(f"Kill {number} ({victim_of}): {'; '.join(trouble)}", err=True)
        elif number % 20 == 0:
            click.echo(f"{number}/{kills} after {time.monotonic() - started:.0f} s", err=True)
    good = kills - outcomes["fault"]
    click.echo(
        f"{good}/{kills} kills: live marts as of the last good build, no lock left, the next run right. {outcomes['run']} runs"
        f" and {outcomes['server']} servers killed, {outcomes['late']} after the run had published."
        f" Seed {seed}, {time.monotonic() - started:.0f} s."
    )
    return outcomes["fault"]


def _crash(clinic: Clinic, folder: Path, what: str, delay: float, outcomes: Counter[str]) -> list[str]:
    before, figures_before = published(), clinic.figures
    clinic.grow()
    victim = Victim(clinic.folder, folder / "run.log")
    time.sleep(delay)
    code = victim.kill() if what == "run" else _kill_server_under(victim)
    outcomes[what] += 1
    trouble = []
    if what == "server":
        embedded.start()
        if code and "Traceback" in victim.output:
            trouble.append(f"the run ended with a traceback: {victim.output[-2000:]}")
    if published() != before:
        outcomes["late"] += 1
        if figures() != clinic.figures:
            trouble.append(f"published {figures()}, right were {clinic.figures}")
    elif figures() != figures_before:
        trouble.append(f"the views say {figures()}, the last good build {figures_before}")
    trouble += [f"{thing} was left" for thing in left_behind(after_a_good_run=False)]
    return trouble + _next_run(clinic, folder)


def _kill_server_under(victim: Victim) -> int:
    kill_server()
    try:
        return victim.wait()
    except TimeoutError:
        return -1


def _next_run(clinic: Clinic, folder: Path) -> list[str]:
    run = Victim(clinic.folder, folder / "next.log")
    if code := run.wait():
        return [f"the next run exited {code}: {run.output[-2000:]}"]
    trouble = [f"{thing} was left by the next run" for thing in left_behind(after_a_good_run=True)]
    if figures() != clinic.figures:
        trouble.append(f"the next run published {figures()}, right were {clinic.figures}")
    return trouble


def _first_run(clinic: Clinic, folder: Path) -> float:
    """Publish twice (the second run has nothing to set up) and return how long a run takes, in seconds."""
    for _ in range(2):
        clinic.grow()
        began = time.monotonic()
        trouble = _next_run(clinic, folder)
        if trouble:
            raise click.ClickException(f"A run does not work even without a kill: {'; '.join(trouble)}")
    return time.monotonic() - began


def _import_everything() -> None:
    """Import what a run needs, before the first fork: seconds each that nobody wants to kill in."""
    import great_expectations  # noqa: F401
    from dbt.cli.main import dbtRunner  # noqa: F401

    import pipeline.run  # noqa: F401


if __name__ == "__main__":
    main()
