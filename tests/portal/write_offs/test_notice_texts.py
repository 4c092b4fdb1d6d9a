"""The words of mails about write-offs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from portal.services import notice_texts
from portal.services.notice_texts import Facts

ASKED = Facts(
    id=12, batch_id=None, kind="write_off", reverses_id=None, hospital_id="H1", hospital="Hudson\nClinic", currency="USD",
    amount=Decimal("1234.500"), category="BAD_DEBT", status="PENDING", requested_by=1, asker="ana@clinic.org",
    is_asker_active=True, decided_by=None, decider=None, decision_notes=None,
)  # fmt: skip
APPROVED = replace(ASKED, status="APPROVED", decided_by=2, decider="ben@clinic.org", decision_notes=" as agreed\n")
BATCH = [
    replace(ASKED, id=number, batch_id=3, amount=Decimal(amount), category="SMALL_BALANCE", currency="EUR")
    for number, amount in ((20, "4.50"), (22, "10.00"), (23, "0.25"))
]


def test_a_request():
    subject, body = notice_texts.request(ASKED)
    assert subject == "Write-off 12 waits for a decision: $1,234.50 (USD), Hudson Clinic"
    assert body == (
        "ana@clinic.org asks for a write-off.\n\n"
        "Number:   12\nHospital: Hudson Clinic (H1)\nAmount:   $1,234.50 (USD)\nCategory: bad debt\n"
    )


def test_a_request_to_take_back():
    subject, body = notice_texts.request(replace(ASKED, kind="reversal", reverses_id=7))
    assert subject.startswith("Taking back write-off 7 (request 12) waits for a decision: ")
    assert body.startswith("ana@clinic.org asks for write-off 7 to be taken back.\n")


def test_a_decision_with_notes_and_without():
    subject, body = notice_texts.decision(APPROVED)
    assert subject == "Write-off 12 was approved: $1,234.50 (USD), Hudson Clinic"
    assert body.startswith("ben@clinic.org approved what you asked for.\n\nNumber:   12\n")
    assert body.endswith("Category: bad debt\n\nThere are notes: the page shows them.\n")
    rejected = replace(APPROVED, kind="reversal", reverses_id=7, status="REJECTED", decision_notes=None)
    subject, body = notice_texts.decision(rejected)
    assert subject.startswith("Taking back write-off 7 (request 12) was rejected: ")
    assert body.startswith("ben@clinic.org rejected") and "notes" not in body


def test_a_batch():
    subject, body = notice_texts.batch_request(BATCH)
    assert subject == "3 write-offs to decide: €14.75 (EUR), Hudson Clinic"
    assert body == (
        "ana@clinic.org asks for write-offs that can be decided together.\n\n"
        "Batch:    3\nRequests: 3\nHospital: Hudson Clinic (H1)\nAmount:   €14.75 (EUR)\nLargest:  €10.00\n"
        "Category: small balance\n"
    )


def test_a_batch_of_one():
    assert notice_texts.batch_request(BATCH[:1])[0] == "1 write-off to decide: €4.50 (EUR), Hudson Clinic"


def test_a_batch_of_which_some_could_not_be_approved():
    done = [replace(one, decider="ben@clinic.org", status="APPROVED", decision_notes="fine") for one in BATCH[:2]]
    subject, body = notice_texts.batch_decision(done, 1)
    assert subject == "2 write-offs approved: €14.50 (EUR), Hudson Clinic"
    assert "\nNot approved, and pending still: 1 of the batch.\n" in body
    assert body.endswith("There are notes: the page shows them.\n") and "fine" not in body
    assert "Not approved" not in notice_texts.batch_decision(done, 0)[1]
