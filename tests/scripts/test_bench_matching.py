"""scripts/bench matching: prints what it measured, by noise and seed, and a verdict."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from scripts.benchmarks.__main__ import NAMES, main
from scripts.benchmarks.case_logs import Noise, labelled_cases
from scripts.benchmarks.matching import Quality


def test_every_level_and_seed_has_a_line_and_there_is_a_verdict():
    result = CliRunner().invoke(main, ["matching", "--cases", "300", "--seeds", "1", "--seed", "20263"])
    lines = result.output.splitlines()
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in lines[1:-1]] == ["none", "half", "default", "double", "triple"]
    assert lines[1].split()[2:5] == ["1.0000", "1.0000", "0"]
    assert "at least 0.98 each: met" in lines[-1]


def test_what_is_left_to_people_counts_as_not_found():
    measured = Quality(found=90, right=81, true=100, left_to_people=10)
    assert (measured.precision, measured.recall) == (0.9, 0.81)


def test_the_same_seed_makes_the_same_cases_and_noise_does_something():
    assert labelled_cases(7, 50, Noise()) == labelled_cases(7, 50, Noise())
    assert labelled_cases(7, 50, Noise()) != labelled_cases(8, 50, Noise())
    noisy = labelled_cases(7, 300, Noise())
    assert len(noisy.truth) < len(noisy.audited.logged)


def test_an_unknown_benchmark_is_refused_by_name():
    result = CliRunner().invoke(main, ["nothing"])
    assert result.exit_code == 2
    assert "nothing" in result.output


@pytest.mark.parametrize("name", NAMES)
def test_each_benchmark_explains_itself(name: str):
    assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0
