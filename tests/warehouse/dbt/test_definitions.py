"""Definitions of figures: what stands beside a mart is what a build publishes, today's text and not yesterday's."""

from __future__ import annotations

import shutil
from dataclasses import astuple
from pathlib import Path

import pytest

from scripts.figures import figures
from tests.warehouse.dbt.builds import PROJECT, dbt
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

_MART = Path("models") / "marts" / "patients" / "rpt_patient_accounts.yml"


def _published(url: str, state: Path, project: Path) -> str:
    dbt(url, state, "compile", "--select", "metric_definitions", project=project)
    return next(state.rglob("compiled/**/metric_definitions.sql")).read_text(encoding="utf-8")


def test_the_published_definitions_are_those_beside_the_marts(built: Built):
    published = built.rows("select model, metric, label, formula, unit, exclusions, example from metric_definitions")
    assert sorted(published) == sorted(astuple(figure)[1:] for figure in figures())


def test_a_changed_definition_shows_in_the_next_build_although_dbt_remembers_the_project(built: Built, tmp_path: Path):
    project = shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("target", "logs"))
    assert "cast('Credit balance' as" in _published(built.url, tmp_path, project)
    before = (project / _MART).read_text(encoding="utf-8")
    (project / _MART).write_text(before.replace("label: Credit balance", "label: Patient's credit"), encoding="utf-8")
    assert "cast('Patient''s credit' as" in _published(built.url, tmp_path, project)
    (project / _MART).write_text(before.replace("label: Credit balance", "label:"), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"a figure in meta\.metrics has no label"):
        _published(built.url, tmp_path, project)
