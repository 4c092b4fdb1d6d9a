"""Every figure says which tables it is read from and what those are made from, down to the source's own rows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.queries.figures.registry import FIGURES
from tests.portal.reports.test_figures import PAGES, Shown, page, shown_on

Browser = Callable[[str, bool], FlaskClient]
_STEP = re.compile(r'<th scope="row"><code>([^<]+)</code></th><td>([^<]+)</td><td>([^<]+)</td><td>([^<]+)</td>')
_ASKED = ("revenue collected", "billed by whom", "outstanding", "roll-forward", "credits", "tax", "key figures")


@pytest.mark.parametrize("name", _ASKED)
def test_a_figure_shows_what_it_is_made_from(name: str, browser: Browser) -> None:
    client = browser("accountant", False)
    by_figure = {shown.name: shown for shown in shown_on(client, PAGES[name])}
    assert by_figure
    for figure, shown in by_figure.items():
        steps = _steps(client, shown)
        assert {step[0] for step in steps if step[1] == "marts"} >= set(FIGURES[figure].models)
        read = {parent for step in steps if step[3] != "\u2013" for parent in step[3].split(", ")}
        assert {step[0] for step in steps} == read | set(FIGURES[figure].models)
        assert any(step[0] == "raw.invoices" and step[1] == "source" for step in steps)
        layers = [step[1] for step in steps]
        assert layers == sorted(layers, key=["marts", "intermediate", "staging", "seed", "source"].index)


def _steps(client: FlaskClient, shown: Shown) -> list[tuple[str, str, str, str]]:
    return _STEP.findall(page(client, shown.address))
