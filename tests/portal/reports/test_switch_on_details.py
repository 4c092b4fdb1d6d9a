"""A page about one patient or invoice: another hospital has others, so switching leads to the list of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("/staff/patients/P01?hospitalId=H1", "/staff/patients?hospitalId=H2"),
        ("/staff/outstanding/I01?hospitalId=H1", "/staff/outstanding?hospitalId=H2"),
        ("/staff/patients/P01/contact?hospitalId=H1", "/staff/patients?hospitalId=H2"),
    ],
)
def test_another_hospitals_namesake_is_not_opened(
    client: Callable[[str], FlaskClient], address: str, there: str
) -> None:
    page = client("accountant_both").get(address).text
    assert re.findall(r'class="switch__link" href="([^"]*)">Spree Klinik<', page) == [there]
    assert client("accountant_both").get(there).status_code == 200


def test_filters_name_every_hospital_whichever_is_shown(client: Callable[[str], FlaskClient]) -> None:
    page = client("accountant_both").get("/staff/outstanding?hospitalId=H1").text
    assert re.search(r'<option value="H2">\s*Spree Klinik', page)
