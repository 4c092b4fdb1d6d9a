"""The definitions of figures beside the marts, and the page that is made from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.figures import PAGE, Figure, figures, page
from tests.architecture.project import files

UNITS = {"money", "count", "days", "percent", "ratio", "units", "minutes", "hours"}
FIGURE = Figure("revenue", "m", "net", "Net", "a − b", "money", "Nothing", "3 − 2 = 1.")


def test_the_page_says_what_the_definitions_say():
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text, figures()), "run scripts/figures"


def test_only_the_figures_of_a_page_are_written():
    before = "# T\n\nrules\n\n## Figures\n\nold\n\n### Old\n\n## After\n\nstays\n"
    after = page(before, [FIGURE])
    assert after.startswith("# T\n\nrules\n\n## Figures\n\n### Revenue\n\n#### Net: `net`\n")
    assert after.endswith("- Example: 3 − 2 = 1.\n\n## After\n\nstays\n")
    assert "old" not in after.lower()
    assert page(after, [FIGURE]) == after
    assert page(before.split("## After", maxsplit=1)[0], [FIGURE]).endswith("- Example: 3 − 2 = 1.\n")


def test_every_figure_has_a_name_of_its_own_and_a_mart():
    found = figures()
    assert len(found) >= 19
    assert len({figure.name for figure in found}) == len(found)
    marts = {path.stem for path in files(".sql") if path.parts[:3] == ("dbt_project", "models", "marts")}
    assert {figure.model for figure in found} <= marts


def test_every_figure_is_complete_and_explained_with_numbers():
    for figure in figures():
        assert figure.unit in UNITS, figure.name
        assert all((figure.label, figure.formula, figure.exclusions)), figure.name
        assert not figure.formula.endswith("."), f"{figure.name}: the page ends the sentence"
        assert not figure.exclusions.endswith("."), f"{figure.name}: the page ends the sentence"
        assert any(letter.isdigit() for letter in figure.example), figure.name
        assert figure.example.endswith("."), figure.name


@pytest.mark.parametrize("part", ["example", "unit"])
def test_a_figure_without_a_part_is_refused(tmp_path: Path, part: str):
    parts = {"name": "net", "label": "Net", "formula": "a", "unit": "money", "exclusions": "b", "example": "1."}
    lines = "\n".join(f"            {name}: {value!r}" for name, value in parts.items() if name != part)
    text = f"models:\n  - name: m\n    config:\n      meta:\n        metrics:\n          -\n{lines}\n"
    (tmp_path / "m.yml").write_text(text, encoding="utf-8")
    with pytest.raises(TypeError, match=part):
        figures(tmp_path)
