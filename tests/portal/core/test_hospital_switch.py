"""Switching between hospitals: links that keep the view, for who has several, and for nobody else's."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal import world

_NAV = re.compile(r'<nav class="switch" aria-label="Hospital">(.*?)</nav>', re.DOTALL)
_LINK = re.compile(r'<a class="switch__link" href="([^"]*)"( aria-current="true")?>([^<]*)</a>')
_SHOWN = re.compile(r"</span>([^<]*)</summary>")


def _switch(client: FlaskClient, address: str) -> tuple[str, dict[str, str], list[str]] | None:
    """Return what a page says it shows, where each choice leads, and which is marked."""
    page = client.get(address)
    assert page.status_code == 200, (address, page.text)
    found = _NAV.search(page.text)
    if found is None:
        return None
    links = _LINK.findall(found[1])
    said = _SHOWN.search(found[1])
    assert said
    return said[1], {name: html.unescape(link) for link, _, name in links}, [name for _, mark, name in links if mark]


@pytest.fixture
def client(app: Flask) -> Callable[..., FlaskClient]:
    return lambda role, *hospitals: world.sign_in(app, world.add_user(app, role, hospitals or ("H1", "H2")))


def test_who_has_several_switches_and_every_filter_stays(client: Callable[..., FlaskClient]) -> None:
    accountant = client("accountant")
    address = "/staff/outstanding?minDays=30&maxDays=400&page=2"
    assert _switch(accountant, address) == (
        "All hospitals",
        {
            "All hospitals": "/staff/outstanding?minDays=30&maxDays=400",
            "Hospital H1": "/staff/outstanding?minDays=30&maxDays=400&hospitalId=H1",
            "Hospital H2": "/staff/outstanding?minDays=30&maxDays=400&hospitalId=H2",
        },
        ["All hospitals"],
    )
    found = _switch(accountant, "/staff/outstanding?minDays=30&hospitalId=H2")
    assert found is not None
    shown, links, marked = found
    assert (shown, marked) == ("Hospital H2", ["Hospital H2"])
    assert links["All hospitals"] == "/staff/outstanding?minDays=30"
    assert links["Hospital H1"] == "/staff/outstanding?minDays=30&hospitalId=H1"


def test_each_choice_shows_its_hospital(client: Callable[..., FlaskClient]) -> None:
    boss = client("super_admin")
    for address in (
        "/staff/reports",
        "/staff/reports/revenue?basis=billed",
        "/staff/write-offs",
        "/admin/etl",
        "/admin/audit",
    ):
        found = _switch(boss, address)
        assert found is not None, address
        for name, link in found[1].items():
            there = _switch(boss, link)
            assert there is not None
            assert there[0] == name and there[2] == [name]
            assert there[1] == found[1]


def test_the_menu_keeps_the_hospital(client: Callable[..., FlaskClient]) -> None:
    accountant = client("accountant")
    page = accountant.get("/staff/reports?hospitalId=H2").text
    links = [html.unescape(link) for link in re.findall(r'class="nav__link" href="([^"]*)"', page)]
    assert len(links) > 3
    assert all(link.endswith("?hospitalId=H2") for link in links)
    assert "hospitalId" not in "".join(
        re.findall(r'class="nav__link" href="([^"]*)"', accountant.get("/staff/reports").text)
    )
    assert [accountant.get(link).status_code for link in links] == [200] * len(links)


def test_several_of_many_are_counted(app: Flask, client: Callable[..., FlaskClient]) -> None:
    world.publish(2, hospitals=("H1", "H2", "H3"))
    found = _switch(client("viewer", "H1", "H2", "H3"), "/staff/reports/revenue?hospitalId=H1&hospitalId=H3")
    assert found is not None
    assert (found[0], found[2]) == ("2 hospitals", [])


@pytest.mark.parametrize("address", ["/account", "/password", "/admin/users"])
def test_what_is_of_no_hospital_offers_none(client: Callable[..., FlaskClient], address: str) -> None:
    assert _switch(client("hospital_admin"), address) is None


def test_who_has_one_hospital_is_offered_none_and_no_other_exists(client: Callable[..., FlaskClient]) -> None:
    viewer = client("viewer", "H1")
    assert _switch(viewer, "/staff/reports/revenue") is None
    for guessed in ("H2", "h1", "H1,H2", "*", "%25", "all"):
        assert viewer.get(f"/staff/reports/revenue?hospitalId={guessed}").status_code == 404
        assert viewer.get(f"/staff/reports?hospitalId={guessed}").status_code == 404
        assert viewer.get(f"/api/v1/reports/revenue?hospitalId={guessed}").status_code == 404


def test_names_of_others_are_not_told(app: Flask, client: Callable[..., FlaskClient]) -> None:
    world.publish(2, hospitals=("H1", "H2", "H3"))
    boss = client("super_admin")
    assert "Hospital H3" in boss.get("/staff/reports").text  # now known to the process
    page = client("accountant").get("/staff/reports/revenue?hospitalId=H1").text
    assert "Hospital H2" in page and "Hospital H3" not in page


def test_before_anything_is_published_there_is_nothing_to_switch(empty_app: Flask) -> None:
    boss = world.sign_in(empty_app, world.add_user(empty_app, "super_admin"))
    assert _switch(boss, "/staff/reports") is None
