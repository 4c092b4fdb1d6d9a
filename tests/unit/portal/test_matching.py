"""What makes a logged case and a billed one the same case, and what is left to a person."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from portal.analytics.cases import Audited, BilledCase, Decision, LoggedCase, Matching
from portal.analytics.matching import match
from portal.analytics.periods import DateRange


def logged(key: str, day: int, ticket: str | None = None, codes: str = "00790", **more: Any) -> LoggedCase:
    return LoggedCase(key, more.pop("provider", "P1"), date(2026, 3, day), ticket, tuple(codes.split()), **more)


def billed(key: str, day: int, ticket: str, codes: str = "00790", **more: Any) -> BilledCase:
    amount, minutes = Decimal(more.pop("amount", "100.00")), more.pop("minutes", None)
    place = more.pop("provider", "P1")
    return BilledCase(key, place, date(2026, 3, day), ticket, tuple(codes.split()), minutes, amount, amount, **more)


def pairs(found: Matching) -> dict[str, list[str]]:
    return {one.logged.key: [part.key for part in one.billed] for one in found.matches}


def only(left: LoggedCase, right: BilledCase) -> Matching:
    return match(Audited([left], [right]))


@pytest.mark.parametrize("ticket", ["TK100234", " tk100234 ", "tk-100 234", "ＴＫ100234"])
def test_the_same_ticket_however_it_is_written_is_an_exact_match(ticket: str):
    (one,) = only(logged("l", 2, ticket), billed("b", 2, "TK100234")).matches
    assert (one.kind, one.score, one.reason) == ("exact", Decimal("1.00"), "same ticket, same day, same codes")


@pytest.mark.parametrize(
    ("ticket", "score", "words"),
    [
        ("TK00100234", "0.94", "same ticket but for leading zeros"),
        ("TK100243", "0.88", "ticket differs in one character"),
        ("TK10234", "0.88", "ticket differs in one character"),
        ("TK1002344", "0.88", "ticket differs in one character"),
        ("TK200235", "0.68", "ticket differs in two characters"),
    ],
)
def test_a_ticket_that_is_nearly_the_same_is_weaker_evidence(ticket: str, score: str, words: str):
    (one,) = only(logged("l", 2, ticket), billed("b", 2, "TK100234")).matches
    assert (one.kind, one.score) == ("likely", Decimal(score))
    assert one.reason == f"{words}, same day, same codes"


def test_another_ticket_is_no_match_but_shown_as_possible():
    found = only(logged("l", 2, "TK555111"), billed("b", 2, "TK100234"))
    (one,) = found.missing
    assert (one.possible[0].billed.key, one.possible[0].reason) == ("b", "another ticket, same day, same codes")
    assert one.possible[0].score < Decimal("0.65")
    assert [case.key for case in found.unexpected] == ["b"]


@pytest.mark.parametrize(
    ("day", "codes", "is_match"), [(2, "00790", 1), (4, "00790", 1), (5, "00790", 0), (2, "01402", 0)]
)
def test_without_a_ticket_day_and_codes_decide(day: int, codes: str, is_match: int):
    assert len(only(logged("l", 2, None, codes), billed("b", day, "TK100234")).matches) == is_match


@pytest.mark.parametrize(("day", "is_match"), [(5, 1), (6, 0)])
def test_a_ticket_with_a_typo_needs_a_day_within_three(day: int, is_match: int):
    assert len(only(logged("l", 2, "TK100243"), billed("b", day, "TK100234")).matches) == is_match


def test_the_same_ticket_with_day_and_month_exchanged():
    case = BilledCase("b", "P1", date(2026, 5, 3), "T1", ("00790",), None, Decimal(1), Decimal(0))
    (one,) = only(logged("l", 5, "T1"), case).matches
    assert one.reason == "same ticket, day and month exchanged, same codes"


def test_a_ticket_used_again_much_later_for_something_else_is_another_case():
    case = BilledCase("b", "P1", date(2026, 9, 1), "T100", ("01402",), None, Decimal(1), Decimal(0))
    assert not only(logged("l", 2, "T100"), case).matches


def test_another_provider_s_charges_are_nobody_else_s():
    assert not only(logged("l", 2, "T1"), billed("b", 2, "T1", provider="P2")).matches


def test_two_of_a_day_and_code_are_told_apart_by_their_tickets():
    left = [logged("l1", 2, "TK100234"), logged("l2", 2, "TK100299")]
    right = [billed("b1", 2, "TK100243"), billed("b2", 2, "TK100298")]
    assert pairs(match(Audited(left, right))) == {"l1": ["b1"], "l2": ["b2"]}


def test_what_could_be_either_is_not_guessed():
    found = match(Audited([logged("l1", 2), logged("l2", 2)], [billed("b1", 2, "T1"), billed("b2", 2, "T2")]))
    (group,) = found.ambiguous
    assert ({case.key for case in group.logged}, {case.key for case in group.billed}) == ({"l1", "l2"}, {"b1", "b2"})
    assert "as many billed as logged" in group.reason
    assert not (found.matches or found.missing or found.unexpected)


def test_one_good_pair_beats_two_poor_ones():
    left = [logged("l1", 3, "TK100234"), logged("l2", 5, "TK200235")]
    right = [billed("b1", 3, "TK100235"), billed("b2", 5, "TK300335")]
    assert pairs(match(Audited(left, right)))["l1"] == ["b1"]


@pytest.mark.parametrize(("ticket", "day"), [("TK100234", 4), ("TK1002349", 2), ("XY77", 2)])
def test_charges_split_over_tickets_or_days_are_one_case(ticket: str, day: int):
    case = logged("l", 2, "TK100234", "00790 36620")
    found = match(Audited([case], [billed("b1", 2, "TK100234"), billed("b2", day, ticket, "36620")]))
    (one,) = found.matches
    assert one.is_split
    assert [part.key for part in one.billed] == ["b1", "b2"]
    assert one.billed_amount == Decimal("200.00")
    assert one.reason.startswith("charges split over 2 tickets or days: same ticket, same day, same codes")


def test_a_part_that_two_cases_want_is_given_to_none():
    left = [logged("l1", 2, "TK1", "00790 36620"), logged("l2", 2, "TK2", "00790 36620")]
    right = [billed("b1", 2, "TK1"), billed("b2", 2, "TK2"), billed("b3", 2, "XY77", "36620")]
    found = match(Audited(left, right))
    assert pairs(found) == {"l1": ["b1"], "l2": ["b2"]}
    assert [case.key for case in found.unexpected] == ["b3"]


def test_a_second_visit_on_the_ticket_is_no_part_of_the_first():
    found = match(Audited([logged("l", 2, "T1")], [billed("b1", 2, "T1"), billed("b2", 16, "T1")]))
    assert pairs(found) == {"l": ["b1"]}
    assert [case.key for case in found.unexpected] == ["b2"]


def test_of_a_reversed_case_nothing_stands():
    found = only(logged("l", 2, "T1"), billed("b", 2, "T1", is_reversed=True))
    (one,) = found.missing
    assert one.reason == "it was billed and taken back"
    assert [case.key for case in found.reversed] == ["b"]


def test_what_was_billed_on_days_without_a_log_is_not_unexpected():
    covered = {"P1": [DateRange(date(2026, 3, 1), date(2026, 3, 10))]}
    found = match(Audited([], [billed("b1", 10, "T1"), billed("b2", 11, "T2")], covered=covered))
    assert [case.key for case in found.unexpected] == ["b1"]
    assert [case.key for case in found.outside] == ["b2"]


def test_a_person_s_word_wins_over_the_same_ticket():
    left, right = [logged("l", 2, "T1")], [billed("b1", 2, "T1"), billed("b2", 9, "Z9", "01402")]
    found = match(Audited(left, right, [Decision("confirm", "l", ("b2",))]))
    (one,) = found.matches
    assert ([part.key for part in one.billed], one.kind, one.score) == (["b2"], "confirmed", Decimal(1))
    assert one.reason.startswith("confirmed by a person: another ticket, billed 7 days later")
    assert [case.key for case in found.unexpected] == ["b1"]


def test_a_person_may_say_that_several_billed_cases_are_one():
    right = [billed("b1", 2, "T1"), billed("b2", 20, "Q9", "99999")]
    found = match(Audited([logged("l", 2, "T1")], right, [Decision("confirm", "l", ("b1", "b2"))]))
    assert pairs(found) == {"l": ["b1", "b2"]}


def test_what_a_person_took_apart_stays_apart():
    found = match(Audited([logged("l", 2, "T1")], [billed("b", 2, "T1")], [Decision("split", "l", ("b",))]))
    assert not found.matches
    assert not found.missing[0].possible


def test_a_decision_about_what_is_gone_decides_nothing():
    said = [Decision("confirm", "l", ("gone",)), Decision("confirm", "nobody", ("b",))]
    assert pairs(match(Audited([logged("l", 2, "T1")], [billed("b", 2, "T1")], said))) == {"l": ["b"]}


def test_a_charge_that_two_decisions_name_is_given_once():
    said = [Decision("confirm", "l1", ("b",)), Decision("confirm", "l2", ("b",))]
    found = match(Audited([logged("l1", 2, "T1"), logged("l2", 3, "T2")], [billed("b", 2, "T9")], said))
    assert pairs(found) == {"l1": ["b"]}
    assert [one.logged.key for one in found.missing] == ["l2"]


def test_keys_that_are_not_keys_are_refused():
    with pytest.raises(ValueError, match="logged"):
        match(Audited([logged("l", 2), logged("l", 3)], []))
