"""Write the section "Figures" of docs/metrics.md from the definitions beside the marts.

A definition is an entry of ``config.meta.metrics`` in the YAML of the mart that holds the figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import yaml

from warehouse.settings import ROOT

PAGE = ROOT / "docs" / "metrics.md"
MARTS = ROOT / "dbt_project" / "models" / "marts"
# The order in which one reads about money; domains that are not named follow by name.
_DOMAINS = ("revenue", "receivables", "collections", "accounting", "patients", "practice")
_SECTION = re.compile(r"(?<=^## Figures\n).*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Figure:
    """One definition; ``domain`` is the folder of its mart ``model``."""

    domain: str
    model: str
    name: str
    label: str
    formula: str
    unit: str
    exclusions: str
    example: str


def figures(marts: Path = MARTS) -> list[Figure]:
    """Return the definitions under ``marts`` by domain and mart, then as they are written.

    Raises:
        TypeError: if a definition lacks a part or has one that is none.
    """
    return sorted(_read(marts), key=lambda figure: (_place(figure.domain), figure.model))


def page(text: str, found: list[Figure]) -> str:
    """Return ``text``, a page with a section "Figures", with that section written anew."""
    written = "\n" + "\n".join(_lines(found)) + "\n"
    return _SECTION.sub(lambda old: written + ("\n" if old.end() < len(text) else ""), text)


def _read(marts: Path) -> Iterator[Figure]:
    for path in sorted(marts.rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models") or []:
            for metric in model.get("config", {}).get("meta", {}).get("metrics", []):
                yield Figure(domain=path.parent.name, model=model["name"], **metric)


def _place(domain: str) -> tuple[int, str]:
    return (_DOMAINS.index(domain) if domain in _DOMAINS else len(_DOMAINS), domain)


def _lines(found: list[Figure]) -> Iterator[str]:
    domain = ""
    for number, figure in enumerate(found):
        if figure.domain != domain:
            domain = figure.domain
            yield from ([""] if number else []) + [f"### {domain.capitalize()}"]
        yield from (
            "",
            f"#### {figure.label}: `{figure.name}`",
            "",
            f"**{figure.label}** ({figure.unit}, `{figure.model}`)",
            "",
            f"- Formula: {figure.formula}.",
            f"- Leaves out: {figure.exclusions}.",
            f"- Example: {figure.example}",
        )


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if the page is not what the definitions say.")
def main(check: bool) -> None:
    """Write the page, or compare it."""
    before = PAGE.read_text(encoding="utf-8")
    after = page(before, figures())
    if check and before != after:
        raise click.ClickException("docs/metrics.md is not what the definitions say. Run scripts/figures.")
    if before != after:
        PAGE.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
