"""Saved views: kept under a name, for oneself or a hospital; nobody sees or removes what is not theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.portal import world
from warehouse.engine import connect

_VIEW = "/staff/reports/revenue?hospitalId=H1&granularity=month&basis=billed"
_PAGE = "/staff/views"
Sign = Callable[..., FlaskClient]


@pytest.fixture
def sign(app: Flask) -> Sign:
    """Sign a new user in: ``sign("accountant", "H1")``."""

    def a_user(role: str, *hospitals: str) -> FlaskClient:
        name = f"{role}-{'-'.join(hospitals) or 'all'}@clinic.org".lower()
        return world.sign_in(app, world.add_user(app, role, hospitals, name))

    return a_user


def _keep(client: FlaskClient, view: str = _VIEW, name: str = "Billed by month", **form: str) -> TestResponse:
    token = world.csrf_token(client.get("/account").text)
    return client.post(f"{_PAGE}/new", data={"csrf_token": token, "view": view, "name": name} | form)


def _listed(client: FlaskClient) -> dict[str, str]:
    page = client.get(_PAGE).text
    return {
        unescape(name): unescape(href) for href, name in re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)<', page)
    }


def _kept() -> list[Any]:
    with connect("owner") as owner:
        return owner.execute("select name, endpoint, query, hospital_id from portal.saved_views order by id").fetchall()


def _number() -> int:
    with connect("owner") as owner:
        row = owner.execute("select max(id) from portal.saved_views").fetchone()
    assert row
    return int(row[0])


def _remove(client: FlaskClient, number: int) -> TestResponse:
    token = world.csrf_token(client.get("/account").text)
    return client.post(f"{_PAGE}/{number}/remove", data={"csrf_token": token})


def test_a_view_is_kept_with_its_filters_and_opens_again(sign: Sign) -> None:
    viewer = sign("viewer", "H1", "H2")
    assert f"{_PAGE}/new?view=" in viewer.get(_VIEW).text
    form = viewer.get(f"{_PAGE}/new", query_string={"view": f"{_VIEW}&page=3"})
    assert form.status_code == 200 and unescape(form.text).count(_VIEW) >= 1
    answer = _keep(viewer)
    assert (answer.status_code, answer.location) == (302, _VIEW)
    assert _kept() == [("Billed by month", "revenue.index", "hospitalId=H1&granularity=month&basis=billed", None)]
    assert _listed(viewer) == {"Billed by month": _VIEW}
    assert f'href="{_VIEW.replace("&", "&amp;")}">Billed by month</a>' in viewer.get("/staff/reports/revenue").text


def test_it_is_on_record_without_what_was_typed(sign: Sign) -> None:
    viewer = sign("viewer", "H1")
    _keep(viewer, name="of Maria Lopez")
    _remove(viewer, number := _number())
    saved, removed = [
        one
        for one in world.audit_records()
        if one["resource_type"] == "saved_view" and one["action"].startswith("view_")
    ]
    assert (saved["action"], saved["resource_id"], removed["action"]) == ("view_save", str(number), "view_remove")
    assert saved["new_values"] == removed["old_values"]
    assert saved["new_values"]["endpoint"] == "revenue.index"
    assert "Lopez" not in str(world.audit_records())


def test_what_was_typed_into_a_search_is_not_kept(sign: Sign) -> None:
    accountant = sign("accountant", "H1", "H2")
    answer = _keep(accountant, "/staff/patients?q=Maria+Plantedlast&hospitalId=H2&status=Maria+Plantedlast")
    assert (answer.status_code, answer.location) == (302, "/staff/patients?hospitalId=H2")
    assert [row[2] for row in _kept()] == ["hospitalId=H2"]
    _remove(accountant, _number())
    records = [one for one in world.audit_records() if one["resource_type"] == "saved_view"]
    assert [(one["action"], one["hospital_ids"]) for one in records] == [
        ("view_save", ["H1", "H2"]), ("view_remove", ["H1", "H2"]),
    ]  # fmt: skip
    assert "Planted" not in str(world.audit_records())


def test_others_see_only_what_is_shared_with_a_hospital_of_theirs(sign: Sign) -> None:
    owner, colleague, stranger = sign("accountant", "H1"), sign("viewer", "H1"), sign("accountant", "H2")
    _keep(owner, name="own")
    _keep(owner, name="shared", hospital="H1")
    assert set(_listed(owner)) == {"own", "shared"}
    assert set(_listed(colleague)) == {"shared"}
    assert _listed(stranger) == {}
    for person in (colleague, stranger):
        assert _remove(person, _number()).status_code == 404
    assert len(_kept()) == 2


def test_a_page_that_is_not_open_to_one_is_not_offered(sign: Sign) -> None:
    accountant, viewer = sign("accountant", "H1"), sign("viewer", "H1")
    assert _keep(accountant, "/staff/write-offs?status=PENDING", "waiting", hospital="H1").status_code == 302
    assert _listed(viewer) == {}
    assert _keep(viewer, "/staff/write-offs", "mine").status_code == 400


def test_an_administrator_removes_what_was_shared_not_what_is_private(sign: Sign) -> None:
    owner, admin, other = sign("accountant", "H1"), sign("hospital_admin", "H1"), sign("hospital_admin", "H2")
    _keep(owner, name="private")
    assert _remove(admin, _number()).status_code == 404
    _keep(owner, name="shared", hospital="H1")
    assert _remove(other, _number()).status_code == 404
    assert _remove(admin, _number()).status_code == 302
    assert [row[0] for row in _kept()] == ["private"]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"name": " "}, "one line of 1 to 80"),
        ({"name": "x" * 81}, "one line of 1 to 80"),
        ({"name": "two\nlines"}, "one line of 1 to 80"),
        ({"hospital": "H2"}, "one of your hospitals"),
        ({"view": f"/staff/reports/revenue?{'departmentId=D01&' * 150}"}, "longer than"),
    ],
)
def test_what_cannot_be_kept_is_told_and_the_rest_stays(sign: Sign, form: dict[str, str], problem: str) -> None:
    answer = _keep(sign("viewer", "H1"), **form)
    assert answer.status_code == 400
    assert problem in answer.text
    assert 'name="view"' in answer.text
    assert _kept() == []


def test_a_name_is_taken_once_for_each_page(sign: Sign) -> None:
    viewer = sign("viewer", "H1")
    assert _keep(viewer).status_code == 302
    again = _keep(viewer)
    assert again.status_code == 400 and "choose another" in again.text
    assert _keep(viewer, "/staff/outstanding").status_code == 302


@pytest.mark.parametrize(
    "view",
    ["https://evil.example/staff/reports/revenue", "//evil.example/staff/reports/revenue", "/staff/nowhere",
     "/staff/patients/P01", "/logout", "/static/icon.svg", "", "javascript:alert(1)", "/admin/users"],
)  # fmt: skip
def test_only_pages_of_the_menu_are_kept(sign: Sign, view: str) -> None:
    viewer = sign("viewer", "H1")
    assert _keep(viewer, view).status_code == 400
    assert viewer.get(f"{_PAGE}/new", query_string={"view": view}).status_code == 400
    assert _kept() == []


def test_no_more_than_a_hundred_are_kept(sign: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.services.saved_views.MOST", 1)
    viewer = sign("viewer", "H1")
    assert _keep(viewer).status_code == 302
    assert "remove one first" in _keep(viewer, name="another").text
