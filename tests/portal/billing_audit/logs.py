"""A case log of Dr One of the hand-checked world, and uploading it as a browser does."""

from __future__ import annotations

import io
import re
from typing import Any

from flask.testing import FlaskClient

from tests.portal import world

# T3 was billed and taken back, T77 is not T7, T1 of 9 March was billed and not logged; the last three lines are no cases.
LOG = """Date,Ticket,CPT,Minutes,Remarks
2026-03-10,t-1,D0010 D0099,62,Mrs. Plantedname was late
2026-03-12,T2,"D0010, D0020",62,
2026-03-12,T3,D0010,30,
2026-03-12,T4,D0010,,
2026-03-12,T5,D0099,10,
2026-03-13,T77,D0020,,
2026-03-13,,,,
31.31.2026,T9,D0010,,
2026-04-02,T8,D0010,,
"""


def token(client: FlaskClient, page: str = "/audit/uploads") -> str:
    """The token of the forms of a page."""
    return world.csrf_token(client.get(page).text)


def send(client: FlaskClient, content: str | bytes = LOG, name: str = "march.csv", **form: str) -> Any:
    """Upload a file; return the answer."""
    data = content.encode() if isinstance(content, str) else content
    fields = {"csrf_token": token(client), "file": (io.BytesIO(data), name), **form}
    return client.post("/audit/uploads", data=fields, content_type="multipart/form-data")


def draft(client: FlaskClient, content: str | bytes = LOG, **form: str) -> int:
    """Upload a file and return the upload's number."""
    answer = send(client, content, **form)
    assert answer.status_code == 302, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def columns(client: FlaskClient, number: int) -> dict[str, str]:
    """The columns that the page proposes, and the days."""
    page = client.get(f"/audit/uploads/{number}").text
    chosen = {}
    for select, options in re.findall(r'<select id="[^"]+" name="(\w+)".*?>(.*?)</select>', page, re.DOTALL):
        found = re.search(r'<option value="([^"]*)" selected', options)
        chosen[select] = found[1] if found else ""
    days = dict(re.findall(r'name="(covered\w+)" type="date" value="([^"]*)"', page))
    return chosen | days


def import_log(client: FlaskClient, content: str | bytes = LOG, **changes: str) -> int:
    """Upload a file and import it with the proposed columns, but for ``changes``; return the upload's number."""
    number = draft(client, content)
    form = columns(client, number) | {"csrf_token": token(client)} | changes
    answer = client.post(f"/audit/uploads/{number}/import", data=form)
    assert answer.status_code == 302, answer.text
    return number


def post(client: FlaskClient, address: str, **form: Any) -> Any:
    """Send a form."""
    return client.post(address, data={"csrf_token": token(client), **form})


def key_of(client: FlaskClient, ticket: str, show: str = "missing") -> str:
    """The key of a logged case in a list of the audit."""
    page = client.get(f"/audit?show={show}").text
    found = re.search(rf'/audit/cases/([0-9a-f]{{32}})">{ticket}<', page)
    assert found, page
    return found[1]
