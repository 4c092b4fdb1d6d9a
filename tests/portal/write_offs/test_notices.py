"""Who hears of requests and decisions, through a real mail server in the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from pipeline import mails
from portal.models import User, db
from portal.services.conflicts import ConflictError
from portal.services.notices import Approver, to_tell
from portal.services.write_off_rules import WriteOffError
from tests.integration.pipeline.receivers import MailServer
from tests.portal import world
from tests.portal.write_offs.desk import Desk
from warehouse.engine import connect

Rows = Callable[[str], list[tuple[Any, ...]]]
_MAILS = """
select split_part(u.email, '@', 1), m.kind from portal.mails as m join portal.users as u on u.id = m.user_id
order by m.mail_id, 1
"""
REQUEST, DECISION = "write_off_request", "write_off_decision"


def add_user(desk: Desk, name: str, role: str) -> None:
    """One more person, of H1 where the role is of a hospital."""
    world.add_user(desk.app, role, ("H1",), f"{name}@clinic.org")
    desk.people[name] = db.session.scalars(select(User.id).where(User.email == f"{name}@clinic.org")).one()
    db.session.remove()


def disable(*names: str) -> None:
    """These people may not sign in any more."""
    with connect("owner") as connection:
        connection.execute(
            "update portal.users set active = false where split_part(email, '@', 1) = any(%s)", [list(names)]
        )


@pytest.mark.parametrize(
    ("approvers", "told"),
    [
        ([Approver(1, None), Approver(2, Decimal(100))], [1, 2]),
        ([Approver(1, Decimal("99.99")), Approver(2, Decimal(100))], [2]),
        ([Approver(1, None), Approver(2, None, is_everywhere=True)], [1]),
        ([Approver(1, Decimal(99)), Approver(2, None, is_everywhere=True)], [2]),
        ([Approver(1, Decimal(50)), Approver(2, Decimal(90)), Approver(3, Decimal(90))], [2, 3]),
        ([Approver(1, Decimal(50)), Approver(2, Decimal(90), is_everywhere=True)], [2]),
        ([], []),
    ],
)
def test_who_can_decide_an_amount_is_told(approvers: list[Approver], told: list[int]) -> None:
    assert to_tell(approvers, Decimal(100)) == told


def test_the_approvers_of_the_hospital_are_told_and_nobody_else(desk: Desk, owner_rows: Rows) -> None:
    for name, role in (("second", "accountant"), ("owner", "super_admin"), ("gone", "hospital_admin")):
        add_user(desk, name, role)
    disable("gone")
    desk.ask("I06", "20")
    assert owner_rows(_MAILS) == [("admin", REQUEST), ("other", REQUEST)]
    desk.ask("I06", "20", by="admin")
    assert owner_rows(_MAILS)[2:] == [("other", REQUEST)]


def test_who_has_every_hospital_is_told_when_nobody_else_can_decide(desk: Desk, owner_rows: Rows) -> None:
    add_user(desk, "owner", "super_admin")
    desk.app.config["APPROVER_LIMITS"] = {"hospital_admin": Decimal(30)}
    desk.ask("I06", "30")
    assert {name for name, _ in owner_rows(_MAILS)} == {"admin", "other"}
    desk.ask("I06", "30.01")
    assert owner_rows(_MAILS)[2:] == [("owner", REQUEST)]
    disable("owner")
    desk.ask("I06", "30.02")
    assert owner_rows(_MAILS)[3:] == [("admin", REQUEST), ("other", REQUEST)]


@pytest.mark.parametrize("how", ["approve", "reject", "cancel"])
def test_who_asked_hears_what_somebody_else_decided(desk: Desk, owner_rows: Rows, how: str) -> None:
    desk.decide(desk.ask("I06", "20"), how, notes="as agreed")
    assert owner_rows(_MAILS)[2:] == [("accountant", DECISION)]
    ((subject, body),) = owner_rows("select subject, body from portal.mails where kind = 'write_off_decision'")
    assert re.match(r"Write-off 1 was (approved|rejected|cancelled): \$20.00 \(USD\), Hudson Clinic", subject)
    assert "admin@clinic.org" in body and "There are notes" in body and "as agreed" not in body


def test_nobody_is_told_what_they_did_themselves_or_after_they_left(desk: Desk, owner_rows: Rows) -> None:
    desk.decide(desk.ask("I06", "20"), "cancel", by="accountant")
    number = desk.ask("I06", "20")
    disable("accountant")
    desk.decide(number)
    assert DECISION not in {kind for _, kind in owner_rows(_MAILS)}


def test_taking_back_is_told_as_the_first(desk: Desk, owner_rows: Rows) -> None:
    number = desk.ask("I06", "20")
    desk.decide(number)
    desk.decide(desk.take_back(number), by="other")
    assert owner_rows(_MAILS)[3:] == [("admin", REQUEST), ("other", REQUEST), ("accountant", DECISION)]
    subjects = [row[0] for row in owner_rows("select subject from portal.mails where mail_id > 3 order by mail_id")]
    assert all(f"Taking back write-off {number} (request 2)" in subject for subject in subjects)


def test_what_did_not_happen_is_not_told(desk: Desk, owner_rows: Rows) -> None:
    number = desk.ask("I06", "100")
    before = owner_rows(_MAILS)
    with pytest.raises(WriteOffError):
        desk.ask("I06", "120.01")
    with connect("owner") as connection:
        connection.execute("update portal.write_offs set amount = 500")
    with pytest.raises(ConflictError, match="are open"):
        desk.decide(number)
    assert owner_rows(_MAILS) == before


def test_mails_hold_no_patient_data_and_their_link_leads_to_a_page(
    desk: Desk, owner_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = MailServer()
    monkeypatch.setenv("DAYBOOK_MAIL_URL", f"smtp://127.0.0.1:{post.port}")
    monkeypatch.setenv("DAYBOOK_MAIL_FROM", "daybook@clinic.org")
    desk.app.config["SITE_URL"] = "https://daybook.clinic.org/portal"
    desk.decide(desk.ask("I06", "20", reason="P06 is bankrupt", notes="see the letter of P06"))
    post.start()
    mails.send_waiting()
    post.stop()
    assert [mail["To"] for mail in post.mails] == [f"{name}@clinic.org" for name in ("admin", "other", "accountant")]
    for subject, body in post.texts():
        assert "Hudson Clinic" in subject and "$20.00" in body
        assert not re.search(r"P06|I06|bankrupt|letter", f"{subject} {body}")
        link = re.search(r"https://daybook.clinic.org/portal(/\S*)", body)
        assert link and desk.app.url_map.bind("x").match(link[1]) == ("write_offs.show", {"number": 1})
