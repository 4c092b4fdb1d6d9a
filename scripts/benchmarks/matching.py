"""How well logged cases are matched with billed ones: precision and recall on generated cases of which the truth is known."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import click

from portal.analytics.cases import Matching
from portal.analytics.matching import match
from scripts.benchmarks.case_logs import Labelled, Noise, labelled_cases

_LEVELS = {"none": 0.0, "half": 0.5, "default": 1.0, "double": 2.0, "triple": 3.0}
_WANTED = 0.98


@dataclass(frozen=True)
class Quality:
    """How the pairs that were found compare with the true ones; what was left to a person counts as not found."""

    found: int
    right: int
    true: int
    left_to_people: int

    @property
    def precision(self) -> float:
        """Share of the found pairs that are right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found."""
        return self.right / self.true if self.true else 1.0


def quality(labelled: Labelled, matching: Matching) -> Quality:
    """Return how good ``matching`` is."""
    found = {(one.logged.key, part.key) for one in matching.matches for part in one.billed}
    unclear = sum(len(group.logged) for group in matching.ambiguous)
    return Quality(len(found), len(found & labelled.truth), len(labelled.truth), unclear)


@click.command(help=__doc__)
@click.option(
    "--seeds", type=click.IntRange(min=1), default=5, show_default=True, help="How many seeds, from --seed on."
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--cases", type=click.IntRange(min=10), default=2_000, show_default=True, help="Logged cases of a seed.")
def main(seeds: int, seed: int, cases: int) -> None:
    """Print a line for each level of noise and seed; exit 1 if the default noise is not matched well enough."""
    click.echo(f"{'noise':>8} {'seed':>6} {'precision':>10} {'recall':>8} {'to people':>10} {'seconds':>8}")
    worst = 1.0
    for name, factor in _LEVELS.items():
        for one in range(seed, seed + seeds):
            labelled = labelled_cases(one, cases, Noise().times(factor))
            started = time.perf_counter()
            measured = quality(labelled, match(labelled.audited))
            took = time.perf_counter() - started
            click.echo(
                f"{name:>8} {one:>6} {measured.precision:>10.4f} {measured.recall:>8.4f}"
                f" {measured.left_to_people:>10} {took:>8.2f}"
            )
            if name == "default":
                worst = min(worst, measured.precision, measured.recall)
    verdict = "met" if worst >= _WANTED else "MISSED"
    click.echo(f"Default noise, at least {_WANTED} each: {verdict} (worst {worst:.4f}).")
    sys.exit(0 if worst >= _WANTED else 1)


if __name__ == "__main__":
    main()
